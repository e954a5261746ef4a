using System.Net;

namespace Depmap.Plugin.Cluster.Api;

/// <summary>
/// The proxy of <c>HTTPS_PROXY</c>, <c>HTTP_PROXY</c> and <c>NO_PROXY</c>, with kubectl's rules. .NET's own supports neither CIDR nor
/// ports in NO_PROXY, which often lists the addresses of clusters.
/// </summary>
internal sealed class EnvironmentProxy
{
    private readonly ProxyAddress? _https;
    private readonly ProxyAddress? _http;
    private readonly string[] _exceptions;

    /// <exception cref="ApiException">A variable is not the URL of a proxy.</exception>
    public EnvironmentProxy(Func<string, string?> variable)
    {
        _https = Proxy("HTTPS_PROXY", variable);
        _http = Proxy("HTTP_PROXY", variable);
        _exceptions = (Find("NO_PROXY", variable) ?? "").Split([',', ' '], StringSplitOptions.RemoveEmptyEntries);
    }

    /// <returns>Null if the destination is reached directly.</returns>
    public ProxyAddress? For(Uri destination) =>
        (destination.Scheme == "https" ? _https : _http) is { } proxy && !IsException(destination) ? proxy : null;

    private bool IsException(Uri destination)
    {
        string host = destination.IdnHost.TrimEnd('.');
        bool isAddress = IPAddress.TryParse(host, out IPAddress? address);
        if (host == "localhost" || (isAddress && IPAddress.IsLoopback(address!)))
            return true;
        foreach (string entry in _exceptions)
        {
            if (entry == "*")
                return true;
            if (isAddress ? Matches(entry, address!, destination.Port) : Matches(entry, host, destination.Port))
                return true;
        }

        return false;
    }

    private static bool Matches(string entry, IPAddress address, int port)
    {
        if (IPNetwork.TryParse(entry, out IPNetwork network))
            return network.Contains(address);
        if (IPAddress.TryParse(entry, out IPAddress? single))
            return single.Equals(address);
        return IPEndPoint.TryParse(entry, out IPEndPoint? end) && end.Address.Equals(address) && end.Port == port;
    }

    private static bool Matches(string entry, string host, int port)
    {
        if (entry.LastIndexOf(':') is > 0 and int colon)
        {
            if (entry[(colon + 1)..] != $"{port}")
                return false;
            entry = entry[..colon];
        }

        if (entry.StartsWith("*.", StringComparison.Ordinal))
            entry = entry[1..];
        // .example.com matches subdomains only, example.com also matches itself.
        return entry.StartsWith('.')
            ? host.EndsWith(entry, StringComparison.OrdinalIgnoreCase)
            : host.Equals(entry, StringComparison.OrdinalIgnoreCase) || host.EndsWith($".{entry}", StringComparison.OrdinalIgnoreCase);
    }

    private static ProxyAddress? Proxy(string name, Func<string, string?> variable)
    {
        if (Find(name, variable) is not { } text)
            return null;
        return ProxyAddress.Parse(text.Contains("://", StringComparison.Ordinal) ? text : $"http://{text}", name)
            ?? throw new ApiException($"{name} is not the URL of a proxy: {ProxyAddress.Redact(text)}");
    }

    private static string? Find(string name, Func<string, string?> variable) =>
        variable(name) is { Length: > 0 } upper ? upper : variable(name.ToLowerInvariant()) is { Length: > 0 } lower ? lower : null;
}
