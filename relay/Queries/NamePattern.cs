namespace Depmap.Relay.Queries;

/// <summary><c>[NAMESPACE/]NAME</c></summary>
internal readonly record struct NamePattern(string? Namespace, string Name)
{
    public static NamePattern Parse(string text) =>
        text.Split('/', 2) is [var ns, var name] ? new NamePattern(ns, name) : new NamePattern(null, text);

    public bool AllowsNamespace(string? ns) => Namespace is null || Namespace == ns;
}
