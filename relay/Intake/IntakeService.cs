using System.Threading.Channels;
using Depmap.Relay.Agents;
using Depmap.Relay.Flows;
using Depmap.Relay.Joining;
using Depmap.V1;
using Grpc.Core;

namespace Depmap.Relay.Intake;

/// <summary>Receives the agents' reports, one stream for each agent, and acknowledges a batch once flows and map contain it.</summary>
internal sealed partial class IntakeService(
    AgentRegistry agents,
    KnownNodes nodes,
    ChannelWriter<JoinWork> work,
    ChangeSignal changes,
    TimeProvider timeProvider,
    IHostApplicationLifetime relay,
    ILogger<IntakeService> log) : V1.Intake.IntakeBase
{
    public override async Task Report(
        IAsyncStreamReader<AgentMessage> requests, IServerStreamWriter<Acknowledgement> responses, ServerCallContext context)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, relay.ApplicationStopping);
        try
        {
            Hello hello = await ReadHello(requests, stop.Token);
            var key = new AgentKey(hello.Node, hello.Epoch);
            var address = AgentAddress.Of(context.GetHttpContext().Connection.RemoteIpAddress, hello.Node, nodes.List());
            if (agents.Connect(key, hello, address, stop, timeProvider.UnixNanoseconds()) is { } refusal)
            {
                LogRefused(refusal);
                throw new RpcException(new Status(StatusCode.PermissionDenied, refusal));
            }

            await work.WriteAsync(new JoinWork.Connected(key), stop.Token);
            try
            {
                LogConnected(hello.Node, hello.Version, hello.Kernel, hello.AttachMode);
                await ProcessBatches(key, requests, responses, stop.Token);
            }
            finally
            {
                agents.Disconnect(key, stop, timeProvider.UnixNanoseconds());
                var disconnected = new JoinWork.Disconnected(key);
                if (!work.TryWrite(disconnected))
                    await work.WriteAsync(disconnected, relay.ApplicationStopping);
                LogDisconnected(hello.Node);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // The agent disconnected or opened another stream. If it still reads this one, it receives the reason.
            throw new RpcException(relay.ApplicationStopping.IsCancellationRequested
                ? new Status(StatusCode.Unavailable, "the relay is stopping")
                : new Status(StatusCode.Aborted, "another stream of this agent took over"));
        }
    }

    private async Task ProcessBatches(
        AgentKey key,
        IAsyncStreamReader<AgentMessage> requests,
        IServerStreamWriter<Acknowledgement> responses,
        CancellationToken cancellationToken)
    {
        var reader = new SightingMessage();
        (bool invalidLogged, bool impossibleLogged) = (false, false);
        while (true)
        {
            Task<bool> next = requests.MoveNext(cancellationToken);
            bool isFresh = !next.IsCompleted;
            if (!await next)
                return;
            if (requests.Current.Batch is not { } batch)
                throw new RpcException(new Status(StatusCode.InvalidArgument, "expected a batch after the hello message"));
            long received = timeProvider.UnixNanoseconds();
            var times = new ReportedTime(received, agents.MeasureClock(key, batch.SentUnixNs, received, isFresh));
            var item = new JoinWork.Batch(
                key,
                batch.Sequence,
                reader.ReadAll(batch.Sightings, times),
                ResolutionMessage.ReadAll(batch.Resolutions, times),
                HostConnectionMessage.ReadAll(batch.HostConnections, times))
            {
                NodeAddresses = InterfaceAddressesMessage.Read(batch.InterfaceAddresses),
            };
            int invalid = batch.Sightings.Count + batch.Resolutions.Count + batch.HostConnections.Count
                - item.Sightings.Count - item.Resolutions.Count - item.HostConnections.Count;
            if (invalid > 0 && !invalidLogged)
            {
                invalidLogged = true;
                LogInvalidReports(key.Node, invalid);
            }

            await work.WriteAsync(item, cancellationToken);
            await item.Applied.WaitAsync(cancellationToken);
            if (item.Impossible > 0 && !impossibleLogged)
            {
                impossibleLogged = true;
                LogImpossible(key.Node, item.Impossible);
            }

            if (agents.Update(key, batch, invalid + item.Impossible, timeProvider.UnixNanoseconds()))
                changes.Notify();
            await responses.WriteAsync(new Acknowledgement { Sequence = batch.Sequence }, cancellationToken);
        }
    }

    private static async Task<Hello> ReadHello(IAsyncStreamReader<AgentMessage> requests, CancellationToken cancellationToken)
    {
        if (await requests.MoveNext(cancellationToken) && requests.Current.Hello is { Node.Length: > 0 } hello)
            return HelloMessage.Check(hello);
        throw new RpcException(new Status(StatusCode.InvalidArgument, "the first message must be a hello with the node's name"));
    }

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "agent on {Node} connected: version {Version}, kernel {Kernel}, {AttachMode}")]
    private partial void LogConnected(string node, string version, string kernel, string attachMode);

    [LoggerMessage(Level = LogLevel.Information, Message = "agent on {Node} disconnected")]
    private partial void LogDisconnected(string node);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "ignored {Count} invalid reports of the agent on {Node}; check that agent and relay have the same version")]
    private partial void LogInvalidReports(string node, int count);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "ignored {Count} reports of the agent on {Node} about interfaces of pods that run on other nodes")]
    private partial void LogImpossible(string node, int count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "refused {Reason}")]
    private partial void LogRefused(string reason);
}
