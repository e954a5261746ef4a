namespace Depmap.Plugin.Cluster.Api;

/// <summary>
/// Writes the server's own host into the Host header. .NET takes the name for TLS from that header, but <c>tls-server-name</c>
/// must not reach a proxy that routes by it. HTTP/1.1 only.
/// </summary>
internal sealed class HostHeader(Uri server) : HeaderEncoding
{
    public override int GetMaxByteCount(int charCount) => UTF8.GetMaxByteCount(server.Authority.Length);

    protected override string Rewrite(string value) => server.Authority;
}
