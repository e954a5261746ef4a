using Depmap.V1;

namespace Depmap.Relay.Names;

/// <param name="Namespace">Empty for namespaces and nodes.</param>
/// <param name="WorkloadKind">Such as <c>Deployment</c>; empty if it is no workload.</param>
internal readonly record struct KnownName(NameKind Kind, string Namespace, string Name, string WorkloadKind = "")
    : IComparable<KnownName>
{
    /// <summary>Whether the name, or <c>NAMESPACE/NAME</c>, starts with a text.</summary>
    public bool StartsWith(string prefix)
    {
        if (Name.StartsWith(prefix, StringComparison.Ordinal))
            return true;
        ReadOnlySpan<char> rest = prefix;
        return Namespace.Length > 0 && (rest.Length <= Namespace.Length
            ? Namespace.AsSpan().StartsWith(rest, StringComparison.Ordinal)
            : rest.StartsWith(Namespace, StringComparison.Ordinal) && rest[Namespace.Length] == '/'
                && Name.AsSpan().StartsWith(rest[(Namespace.Length + 1)..], StringComparison.Ordinal));
    }

    public int CompareTo(KnownName other)
    {
        int order = Kind.CompareTo(other.Kind);
        order = order != 0 ? order : string.CompareOrdinal(Namespace, other.Namespace);
        order = order != 0 ? order : string.CompareOrdinal(Name, other.Name);
        return order != 0 ? order : string.CompareOrdinal(WorkloadKind, other.WorkloadKind);
    }
}
