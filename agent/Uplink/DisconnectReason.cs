using System.Net.Sockets;
using System.Security.Authentication;
using Grpc.Core;

namespace Depmap.Agent.Uplink;

/// <summary>Describes why a stream to the relay failed, in a few words for the log.</summary>
internal static class DisconnectReason
{
    /// <param name="error">An exception from a gRPC call or from its HTTP/2 stream.</param>
    public static string Of(Exception error)
    {
        for (Exception? cause = error; cause is not null; cause = cause.InnerException)
        {
            switch (cause)
            {
                case SocketException socket:
                    return Of(socket);
                case AuthenticationException:
                    return $"TLS failed: {Truncate(cause.InnerException?.Message ?? cause.Message)}";
                case TimeoutException: // SocketsHttpHandler's exception for a ConnectTimeout
                    return "no response";
                case HttpProtocolException:
                    return "it aborted the stream";
                case HttpIOException { HttpRequestError: HttpRequestError.ResponseEnded }:
                    return "it closed the connection";
            }
        }

        return error switch
        {
            RpcException { StatusCode: StatusCode.OK } => "it ended the stream",
            RpcException { Status: var status } => $"{status.StatusCode}: {Truncate(status.Detail)}",
            _ => Truncate(error.Message),
        };
    }

    private static string Of(SocketException error) => error.SocketErrorCode switch
    {
        SocketError.ConnectionRefused => "connection refused",
        SocketError.ConnectionReset or SocketError.Shutdown => "it closed the connection",
        SocketError.HostNotFound or SocketError.NoData => "no such host",
        SocketError.TryAgain => "temporary failure in name resolution",
        SocketError.HostUnreachable or SocketError.NetworkUnreachable => "no route to host",
        SocketError.TimedOut => "no response",
        _ => error.SocketErrorCode.ToString(),
    };

    // The text comes from the peer: keep the log line short.
    private static string Truncate(string detail) => detail.Length <= 200 ? detail : detail[..200] + "…";
}
