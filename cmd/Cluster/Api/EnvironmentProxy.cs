using System.Net;

namespace Depmap.Plugin.Cluster.Api;

/// <summary>The proxy that <c>HTTPS_PROXY</c>, <c>HTTP_PROXY</c> and <c>NO_PROXY</c> name, read as kubectl reads them.</summary>
// .NET's own knows no CIDR and no ports in NO_PROXY, where the addresses of clusters often are.
internal sealed class EnvironmentProxy : IWebProxy
{
    private readonly Uri? _secure;
    private readonly Uri? _plain;
    private readonly string[] _direct;

    /// <exception cref="ApiException">A variable names no proxy.</exception>
    public EnvironmentProxy(Func<string, string?> variable)
    {
        _secure = Proxy("HTTPS_PROXY", variable);
        _plain = Proxy("HTTP_PROXY", variable);
        _direct = (Either("NO_PROXY", variable) ?? "").Split([',', ' '], StringSplitOptions.RemoveEmptyEntries);
    }

    public ICredentials? Credentials { get; set; }

    public Uri? GetProxy(Uri destination) => IsBypassed(destination) ? null : Of(destination);

    public bool IsBypassed(Uri host) => Of(host) is null || IsDirect(host);

    private Uri? Of(Uri destination) => destination.Scheme is "https" or "wss" ? _secure : _plain;

    private bool IsDirect(Uri destination)
    {
        string host = destination.IdnHost.TrimEnd('.');
        bool isAddress = IPAddress.TryParse(host, out IPAddress? address);
        if (host == "localhost" || (isAddress && IPAddress.IsLoopback(address!)))
            return true;
        foreach (string entry in _direct)
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
        if (IPAddress.TryParse(entry, out IPAddress? one))
            return one.Equals(address);
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
        // .example.com is for names below it only, example.com for itself as well.
        return entry.StartsWith('.')
            ? host.EndsWith(entry, StringComparison.OrdinalIgnoreCase)
            : host.Equals(entry, StringComparison.OrdinalIgnoreCase) || host.EndsWith($".{entry}", StringComparison.OrdinalIgnoreCase);
    }

    private static Uri? Proxy(string name, Func<string, string?> variable)
    {
        if (Either(name, variable) is not { } text)
            return null;
        return Uri.TryCreate(text.Contains("://", StringComparison.Ordinal) ? text : $"http://{text}", UriKind.Absolute, out Uri? proxy)
            && proxy.Scheme is "http" or "https" or "socks5"
            ? proxy
            : throw new ApiException($"{name} is no address of a proxy: {text}");
    }

    private static string? Either(string name, Func<string, string?> variable) =>
        variable(name) is { Length: > 0 } upper ? upper : variable(name.ToLowerInvariant()) is { Length: > 0 } lower ? lower : null;
}
