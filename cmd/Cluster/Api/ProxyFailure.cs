using System.Globalization;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text.RegularExpressions;

namespace Depmap.Plugin.Cluster.Api;

/// <summary>Describes failures that are a proxy's, not the API server's.</summary>
internal static partial class ProxyFailure
{
    /// <returns>Null if the failure is not the proxy's.</returns>
    public static string? Describe(ProxyAddress proxy, Connection connection, Exception failure, RejectedCertificate? rejected)
    {
        if (failure is HttpRequestException { HttpRequestError: HttpRequestError.ProxyTunnelError } tunnel)
        {
            return Status().Match(tunnel.Message) is { Success: true } status
                ? Refused(proxy, int.Parse(status.Value, CultureInfo.InvariantCulture))
                : $"the proxy {proxy} failed: {tunnel.Message.TrimEnd('.')}. Is this its address?";
        }

        // Every connection is to the proxy, which looks the server's name up.
        if (ApiFailure.Cause<SocketException>(failure) is { } socket)
            return $"the proxy {proxy} does not respond: {ApiFailure.Text(socket)}. Is this its address?";
        bool isSecure = proxy.Uri.Scheme == "https";
        if (!isSecure || ApiFailure.Cause<AuthenticationException>(failure) is not { } tls)
            return null;
        string server = connection.Trust.ServerName ?? connection.Server.IdnHost;
        if (rejected is not null)
            return rejected.Host == server ? null : $"the certificate of the proxy {proxy} {rejected.Reason}";
        return TlsFailure.IsPlainText(tls) ? $"the proxy {proxy} does not use TLS. Try: http:// in its URL" : null;
    }

    public static string Refused(ProxyAddress proxy, int status) => status switch
    {
        407 when proxy.HasLogin => $"the proxy {proxy} does not accept the user name and password in its URL",
        407 => $"the proxy {proxy} asks for a user name and password. Try: http://USER:PASSWORD@{proxy.Uri.Authority} as its URL",
        403 => $"the proxy {proxy} does not allow connections to this address (HTTP 403)",
        _ => $"the proxy {proxy} did not connect to this address (HTTP {status})",
    };

    [GeneratedRegex("(?<=')[1-5][0-9][0-9](?=')")]
    private static partial Regex Status();
}
