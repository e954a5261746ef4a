namespace Depmap.Relay.Queries;

/// <summary><c>NAMESPACE/KIND/NAME</c>; an empty part matches all.</summary>
internal readonly record struct WorkloadPattern(string Namespace, string Kind, string Name)
{
    public static WorkloadPattern Parse(string text) =>
        text.Split('/', 3) is [var ns, var kind, var name] ? new WorkloadPattern(ns, kind, name) : new WorkloadPattern("", "", text);

    public bool Matches(in FilteredEnd end)
    {
        if (end.Workload is not { } workload || (Namespace.Length > 0 && Namespace != end.PodNamespace))
            return false;
        int slash = workload.IndexOf('/');
        return (Kind.Length == 0 || workload.AsSpan(0, Math.Max(0, slash)).Equals(Kind, StringComparison.OrdinalIgnoreCase))
            && (Name.Length == 0 || workload.AsSpan(slash + 1).SequenceEqual(Name));
    }
}
