using System.Net.Sockets;
using System.Security.Authentication;

namespace Depmap.Plugin.Cluster.Api;

/// <summary>Says in one line why an API server gave no answer.</summary>
internal static class ApiFailure
{
    /// <param name="certificateProblem">Why its certificate was refused, if it was.</param>
    public static ApiException NotReached(Connection connection, Exception failure, string? certificateProblem) =>
        new($"cannot reach the API server at {Address(connection)}: {Reason(connection, failure, certificateProblem)}", failure);

    public static ApiException Slow(Connection connection, TimeSpan patience) =>
        new($"the API server at {Address(connection)} did not answer within {patience.TotalSeconds:0.##} s. Try again, or with --request-timeout");

    public static ApiException Refused(Connection connection) => new(
        $"the API server at {Address(connection)} does not know who asks{Who(connection)}. Try: log in again, or another --context");

    public static ApiException Broken(Connection connection, Exception failure) =>
        new($"the connection to the API server at {Address(connection)} broke: {failure.Message}", failure);

    /// <summary>As the kubeconfig has it, save for what follows the port.</summary>
    public static string Address(Connection connection) => connection.Server.ToString().TrimEnd('/');

    private static string Who(Connection connection) => connection.User.Length > 0 ? $" (user {connection.User})" : "";

    private static string Reason(Connection connection, Exception failure, string? certificateProblem)
    {
        if (failure is HttpRequestException { HttpRequestError: HttpRequestError.ProxyTunnelError } tunnel)
            return $"the proxy refused: {tunnel.Message} Is proxy-url or HTTPS_PROXY right?";
        if (Cause<AuthenticationException>(failure) is { } tls)
        {
            return certificateProblem is not null
                ? $"its certificate {certificateProblem}"
                : $"TLS failed: {tls.InnerException?.Message ?? tls.Message}";
        }

        if (Cause<SocketException>(failure) is { } socket)
        {
            string where = connection.Proxy is null ? "Is the cluster running, and is this its address?" : $"Is the proxy {connection.Proxy.Host}:{connection.Proxy.Port} right?";
            return $"{Words(socket)}. {where}";
        }

        // SocketsHttpHandler's own words for ConnectTimeout.
        if (failure is HttpRequestException { InnerException: OperationCanceledException or TimeoutException } or OperationCanceledException)
            return "no answer to the attempt to connect. Is this its address, and does a firewall let it through?";
        return failure is HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError }
            ? "it does not speak TLS. Is this the right port?"
            : $"{failure.Message.TrimEnd('.')}.";
    }

    private static string Words(SocketException failure) => failure.SocketErrorCode switch
    {
        SocketError.ConnectionRefused => "connection refused",
        SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain => "no such host",
        SocketError.HostUnreachable => "no route to host",
        SocketError.NetworkUnreachable => "network unreachable",
        SocketError.ConnectionReset => "it ended the connection",
        SocketError.TimedOut => "no answer",
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
