using System.Net.Sockets;
using System.Security.Authentication;
using Grpc.Core;

namespace Depmap.Agent.Uplink;

/// <summary>Says in a few words why a stream to the relay broke, or did not come to be.</summary>
internal static class AwayReason
{
    /// <param name="fault">From a gRPC call, or from the HTTP/2 stream beneath it.</param>
    public static string Of(Exception fault)
    {
        for (Exception? cause = fault; cause is not null; cause = cause.InnerException)
        {
            switch (cause)
            {
                case SocketException socket:
                    return Of(socket);
                case AuthenticationException:
                    return $"TLS failed: {FirstWords(cause.InnerException?.Message ?? cause.Message)}";
                case TimeoutException: // SocketsHttpHandler's word for a ConnectTimeout
                    return "no answer";
                case HttpProtocolException:
                    return "it broke off the stream";
                case HttpIOException { HttpRequestError: HttpRequestError.ResponseEnded }:
                    return "it closed the connection";
            }
        }

        return fault switch
        {
            RpcException { StatusCode: StatusCode.OK } => "it ended the stream",
            RpcException { Status: var status } => $"{status.StatusCode}: {FirstWords(status.Detail)}",
            _ => FirstWords(fault.Message),
        };
    }

    private static string Of(SocketException fault) => fault.SocketErrorCode switch
    {
        SocketError.ConnectionRefused => "connection refused",
        SocketError.ConnectionReset or SocketError.Shutdown => "it closed the connection",
        SocketError.HostNotFound or SocketError.NoData => "no such host",
        SocketError.TryAgain => "its name cannot be looked up now",
        SocketError.HostUnreachable or SocketError.NetworkUnreachable => "no route to it",
        SocketError.TimedOut => "no answer",
        _ => fault.SocketErrorCode.ToString(),
    };

    // The text is the peer's: a log line must stay short.
    private static string FirstWords(string detail) => detail.Length <= 200 ? detail : detail[..200] + "…";
}
