using System.Net.Sockets;
using Grpc.Core;

namespace Depmap.Plugin.Cluster;

/// <summary>Turns a gRPC error into a one-line message with a suggestion.</summary>
internal static class RelayFailure
{
    private const string ClosedDetail = "the relay closed it";

    /// <summary>For a relay that has never responded.</summary>
    /// <param name="connected">Whether the connection was accepted.</param>
    public static RelayException NotReached(RelayRoute route, RpcException error, bool connected)
    {
        // The connect callback's exception already has a message for the user.
        if (Cause<RelayException>(error) is { } relayError)
            return relayError;
        return new RelayException($"cannot reach the relay {route.Name}: {Reason(error, connected, route.Timeout)}", error);
    }

    /// <summary>For a relay that has responded before.</summary>
    public static RelayException Lost(RelayRoute route, RpcException error) => new(
        error.StatusCode == StatusCode.InvalidArgument
            ? $"the relay {route.Name} refused the request: {error.Status.Detail}"
            : error.StatusCode == StatusCode.Unimplemented
            ? $"the relay {route.Name} does not know this request: it is older than this program. Update it with the command install"
            : LostMessage(route, Detail(error)),
        error)
    {
        // ResourceExhausted: too many readers. Another attempt would only add one.
        IsFinal = error.StatusCode is StatusCode.InvalidArgument or StatusCode.ResourceExhausted,
    };

    /// <summary>For a relay that has closed the stream.</summary>
    public static RelayException Closed(RelayRoute route) => new(LostMessage(route, ClosedDetail));

    private static string LostMessage(RelayRoute route, string detail) =>
        $"lost the connection to the relay {route.Name}: {detail}. Is the relay still running? Try again";

    private static string Reason(RpcException error, bool connected, TimeSpan timeout)
    {
        const string wrongPort = "Is this the relay's port for queries?";
        if (!connected)
        {
            return Cause<SocketException>(error) is { } socket
                ? $"{Reason(socket)}. Is the relay running, and is this its address?"
                : $"no response within {timeout.TotalSeconds:0} s. Is this its address, and does a firewall block it?";
        }

        return error.StatusCode switch
        {
            StatusCode.DeadlineExceeded => $"connected, but no response within {timeout.TotalSeconds:0} s. {wrongPort}",
            StatusCode.Unimplemented => $"the server there is not a relay. {wrongPort}",
            _ when Cause<HttpRequestException>(error) is not null => $"the server there does not speak gRPC. {wrongPort}",
            _ => $"{Detail(error)}. {wrongPort}",
        };
    }

    private static string Detail(RpcException error) => error switch
    {
        { StatusCode: StatusCode.DeadlineExceeded } => "the request timed out",
        { Status.DebugException: not null } => "it was interrupted",
        { StatusCode: StatusCode.Cancelled or StatusCode.Unavailable } => ClosedDetail,
        _ => $"{error.StatusCode}, {error.Status.Detail.TrimEnd('.')}",
    };

    private static string Reason(SocketException error) => error.SocketErrorCode switch
    {
        SocketError.ConnectionRefused => "connection refused",
        SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain => "no such host",
        SocketError.HostUnreachable => "no route to host",
        SocketError.NetworkUnreachable => "network unreachable",
        _ => error.Message,
    };

    private static T? Cause<T>(Exception? error)
        where T : Exception
    {
        for (; error is not null; error = (error as RpcException)?.Status.DebugException ?? error.InnerException)
        {
            if (error is T found)
                return found;
        }

        return null;
    }
}
