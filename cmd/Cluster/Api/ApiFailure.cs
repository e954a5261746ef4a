using System.Net.Sockets;
using System.Security.Authentication;

namespace Depmap.Plugin.Cluster.Api;

/// <summary>Describes in one line why an API server did not respond, or not as one.</summary>
internal static class ApiFailure
{
    /// <param name="proxy">The proxy that was used; null for none.</param>
    /// <param name="rejected">The certificate that was rejected; null if none was.</param>
    public static ApiException Unreachable(
        Connection connection, Exception failure, ProxyAddress? proxy, RejectedCertificate? rejected) =>
        Unreachable(connection, Reason(connection, failure, proxy, rejected), failure);

    public static ApiException Unreachable(Connection connection, string reason, Exception? failure = null) =>
        new($"cannot reach the API server at {Address(connection)}: {reason}", failure);

    public static ApiException TimedOut(Connection connection, TimeSpan timeout) => new(
        $"the API server at {Address(connection)} did not respond within {timeout.TotalSeconds:0.##} s. "
        + "Try again, or with --request-timeout");

    public static ApiException Unauthorized(Connection connection) => new(
        $"the API server at {Address(connection)} does not accept the credentials{User(connection)}. "
        + "Try: log in again, or another --context");

    /// <summary>A redirect leads to a login page or to another scheme, where credentials must not be sent.</summary>
    public static ApiException Redirected(Connection connection, Uri? location, int status)
    {
        string target = location is null ? "another address"
            : location.IsAbsoluteUri ? location.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped)
            : $"{location}".Split('?')[0];
        return new ApiException(
            $"the API server at {Address(connection)} redirects to {target} (HTTP {status}). "
            + "Is server in the kubeconfig right, or does a proxy ask for a login?");
    }

    /// <param name="request">Method and path.</param>
    /// <param name="answer">The status, and what the body is.</param>
    public static ApiException Unexpected(Connection connection, string request, string answer) => new(
        $"{Address(connection)} does not answer as a Kubernetes API server: {answer} for {request}. "
        + "Is server in the kubeconfig right, or does a proxy answer?");

    public static ApiException Lost(Connection connection, Exception failure) =>
        new($"lost the connection to the API server at {Address(connection)}: {failure.Message}", failure);

    /// <summary>As in the kubeconfig, without a trailing slash.</summary>
    public static string Address(Connection connection) => connection.Server.ToString().TrimEnd('/');

    private static string User(Connection connection) => connection.User.Length > 0 ? $" of user {connection.User}" : "";

    private static string Reason(Connection connection, Exception failure, ProxyAddress? proxy, RejectedCertificate? rejected)
    {
        if (proxy is not null && ProxyFailure.Describe(proxy, connection, failure, rejected) is { } refusal)
            return refusal;
        if (Cause<AuthenticationException>(failure) is not null && rejected is not null)
            return $"its certificate {rejected.Reason}";
        if (TlsFailure.Describe(connection, failure) is { } tls)
            return tls;
        if (Cause<SocketException>(failure) is { } socket)
            return $"{Text(socket)}. Is the cluster running, and is this its address?";
        if (IsConnectTimeout(failure))
        {
            return proxy is null
                ? "timed out while connecting. Is this its address, and does a firewall block it?"
                : $"timed out while connecting through the proxy {proxy}. Does the proxy reach this address?";
        }

        bool hasEnded = failure is HttpRequestException { HttpRequestError: HttpRequestError.ResponseEnded }
            || failure.InnerException is HttpIOException { HttpRequestError: HttpRequestError.ResponseEnded };
        if (!hasEnded)
            return $"{failure.Message.TrimEnd('.')}.";
        const string ended = "it closed the connection before its answer was complete";
        return connection.Server.Scheme == "http" ? $"{ended}. Does it expect https://?" : ended;
    }

    public static string Text(SocketException failure) => failure.SocketErrorCode switch
    {
        SocketError.ConnectionRefused => "connection refused",
        SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain => "no such host",
        SocketError.HostUnreachable => "no route to host",
        SocketError.NetworkUnreachable => "network unreachable",
        SocketError.ConnectionReset => "connection reset",
        SocketError.TimedOut => "timed out",
        _ => failure.Message,
    };

    // SocketsHttpHandler reports its ConnectTimeout as a cancellation.
    private static bool IsConnectTimeout(Exception failure) => failure is OperationCanceledException
        or HttpRequestException { InnerException: OperationCanceledException or TimeoutException };

    public static T? Cause<T>(Exception? failure)
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
