using System.Net.Sockets;
using Depmap.Plugin.Cluster.Api;
using Grpc.Core;

namespace Depmap.Plugin.Cluster;

/// <summary>Turns what gRPC reports into one line that says what to do.</summary>
internal static class RelayFailure
{
    /// <summary>For a relay that never answered.</summary>
    /// <param name="connected">Somebody accepted the connection.</param>
    public static Exception NotReached(RelayRoute route, RpcException failure, bool connected)
    {
        // What stood in the way has said it already.
        if (Cause<RelayException>(failure) is { } found)
            return found;
        if (Cause<ApiException>(failure) is { } unreachable)
            return unreachable;
        return new RelayException($"cannot reach the relay {route.Name}: {Reason(failure, connected, route.Patience)}", failure);
    }

    /// <summary>For a relay that had answered before.</summary>
    public static RelayException Lost(RelayRoute route, RpcException failure) => new(
        failure.StatusCode == StatusCode.InvalidArgument
            ? $"the relay {route.Name} refused the request: {failure.Status.Detail}"
            : $"lost the relay {route.Name}: {Detail(failure)}. Is it still running? Try again",
        failure)
    {
        // Too many readers: who came back would only be one more.
        IsFinal = failure.StatusCode is StatusCode.InvalidArgument or StatusCode.ResourceExhausted,
    };

    private static string Reason(RpcException failure, bool connected, TimeSpan patience)
    {
        const string wrongPort = "Is this the port of the relay's queries?";
        if (!connected)
        {
            return Cause<SocketException>(failure) is { } socket
                ? $"{Words(socket)}. Is the relay running, and is this its address?"
                : $"no answer within {patience.TotalSeconds:0} s. Is this its address, and does a firewall let it through?";
        }

        return failure.StatusCode switch
        {
            StatusCode.DeadlineExceeded => $"connected, but no answer within {patience.TotalSeconds:0} s. {wrongPort}",
            StatusCode.Unimplemented => $"what answers there is no relay. {wrongPort}",
            _ when Cause<HttpRequestException>(failure) is not null => $"what answers there does not speak gRPC. {wrongPort}",
            _ => $"{Detail(failure)}. {wrongPort}",
        };
    }

    private static string Detail(RpcException failure) => failure switch
    {
        { StatusCode: StatusCode.DeadlineExceeded } => "it did not answer in time",
        { Status.DebugException: not null } => "the connection broke",
        { StatusCode: StatusCode.Cancelled or StatusCode.Unavailable } => "it ended the connection",
        _ => $"{failure.StatusCode}, {failure.Status.Detail.TrimEnd('.')}",
    };

    private static string Words(SocketException failure) => failure.SocketErrorCode switch
    {
        SocketError.ConnectionRefused => "connection refused",
        SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain => "no such host",
        SocketError.HostUnreachable => "no route to host",
        SocketError.NetworkUnreachable => "network unreachable",
        _ => failure.Message,
    };

    private static T? Cause<T>(Exception? failure)
        where T : Exception
    {
        for (; failure is not null; failure = (failure as RpcException)?.Status.DebugException ?? failure.InnerException)
        {
            if (failure is T found)
                return found;
        }

        return null;
    }
}
