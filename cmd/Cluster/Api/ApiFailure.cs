using System.Net.Sockets;
using System.Security.Authentication;

namespace Depmap.Plugin.Cluster.Api;

/// <summary>Describes in one line why an API server did not respond.</summary>
internal static class ApiFailure
{
    /// <param name="certificateError">Why its certificate was rejected; null if it was not.</param>
    public static ApiException Unreachable(Connection connection, Exception failure, string? certificateError) => new(
        $"cannot reach the API server at {Address(connection)}: {Reason(connection, failure, certificateError)}", failure);

    public static ApiException TimedOut(Connection connection, TimeSpan timeout) => new(
        $"the API server at {Address(connection)} did not respond within {timeout.TotalSeconds:0.##} s. "
        + "Try again, or with --request-timeout");

    public static ApiException Unauthorized(Connection connection) => new(
        $"the API server at {Address(connection)} does not accept the credentials{User(connection)}. "
        + "Try: log in again, or another --context");

    public static ApiException Lost(Connection connection, Exception failure) =>
        new($"lost the connection to the API server at {Address(connection)}: {failure.Message}", failure);

    /// <summary>As in the kubeconfig, without a trailing slash.</summary>
    public static string Address(Connection connection) => connection.Server.ToString().TrimEnd('/');

    private static string User(Connection connection) => connection.User.Length > 0 ? $" of user {connection.User}" : "";

    private static string Reason(Connection connection, Exception failure, string? certificateError)
    {
        if (failure is HttpRequestException { HttpRequestError: HttpRequestError.ProxyTunnelError } tunnel)
            return $"the proxy refused: {tunnel.Message} Is proxy-url or HTTPS_PROXY right?";
        if (Cause<AuthenticationException>(failure) is { } tls)
        {
            return certificateError is not null
                ? $"its certificate {certificateError}"
                : $"TLS failed: {tls.InnerException?.Message ?? tls.Message}";
        }

        if (Cause<SocketException>(failure) is { } socket)
        {
            string hint = connection.Proxy is null
                ? "Is the cluster running, and is this its address?"
                : $"Is the proxy {connection.Proxy.Host}:{connection.Proxy.Port} right?";
            return $"{Text(socket)}. {hint}";
        }

        // SocketsHttpHandler reports its ConnectTimeout as a cancellation.
        if (failure is OperationCanceledException
            or HttpRequestException { InnerException: OperationCanceledException or TimeoutException })
        {
            return "timed out while connecting. Is this its address, and does a firewall block it?";
        }

        return failure is HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError }
            ? "it does not use TLS. Is this the right port?"
            : $"{failure.Message.TrimEnd('.')}.";
    }

    private static string Text(SocketException failure) => failure.SocketErrorCode switch
    {
        SocketError.ConnectionRefused => "connection refused",
        SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain => "no such host",
        SocketError.HostUnreachable => "no route to host",
        SocketError.NetworkUnreachable => "network unreachable",
        SocketError.ConnectionReset => "connection reset",
        SocketError.TimedOut => "timed out",
        _ => failure.Message,
    };

    private static T? Cause<T>(Exception? failure)
        where T : Exception
    {
        for (; failure is not null; failure = failure.InnerException)
        {
            if (failure is T found)
                return found;
        }

        return null;
    }
}
