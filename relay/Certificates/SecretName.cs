namespace Depmap.Relay.Certificates;

/// <summary>The Secrets of the relay.</summary>
internal readonly record struct SecretName(string Namespace, string Name)
{
    public string Path => $"/api/v1/namespaces/{Namespace}/secrets/{Name}";

    /// <param name="ns">The relay's namespace.</param>
    public static SecretName Authority(string ns) => new(ns, "depmap-certificate-authority");

    /// <param name="ns">The relay's namespace.</param>
    public static SecretName Agents(string ns) => new($"{ns}-agents", "depmap-agent-certificate");

    public override string ToString() => $"secret {Name} in namespace {Namespace}";
}
