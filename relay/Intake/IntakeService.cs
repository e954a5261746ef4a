using System.Threading.Channels;
using Depmap.Relay.Agents;
using Depmap.Relay.Flows;
using Depmap.Relay.Joining;
using Depmap.V1;
using Grpc.Core;
using Sighting = Depmap.Relay.Joining.Sighting;

namespace Depmap.Relay.Intake;

/// <summary>Receives the agents' reports, one stream for each agent, and acknowledges a batch once flows and map contain it.</summary>
internal sealed partial class IntakeService(
    AgentRegistry agents,
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
            agents.Connect(key, hello, stop, timeProvider.UnixNanoseconds());
            await work.WriteAsync(new JoinWork.Connected(key), stop.Token);
            try
            {
                LogConnected(hello.Node, hello.Version, hello.Kernel, hello.AttachMode);
                await ProcessBatches(key, requests, responses, stop.Token);
            }
            finally
            {
                agents.Disconnect(key, stop);
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
        bool invalidLogged = false;
        while (await requests.MoveNext(cancellationToken))
        {
            if (requests.Current.Batch is not { } batch)
                throw new RpcException(new Status(StatusCode.InvalidArgument, "expected a batch after the hello message"));
            long received = timeProvider.UnixNanoseconds();
            var sightings = new List<Sighting>(batch.Sightings.Count);
            foreach (V1.Sighting message in batch.Sightings)
            {
                if (reader.TryRead(message, out Sighting sighting))
                {
                    sightings.Add(sighting);
                }
                else if (!invalidLogged)
                {
                    invalidLogged = true;
                    LogInvalidSighting(key.Node, message.Id);
                }
            }

            var item = new JoinWork.Batch(
                key,
                batch.Sequence,
                sightings,
                ResolutionMessage.ReadAll(batch.Resolutions),
                HostConnectionMessage.ReadAll(batch.HostConnections));
            await work.WriteAsync(item, cancellationToken);
            await item.Applied.WaitAsync(cancellationToken);
            if (agents.Update(key, batch, received, timeProvider.UnixNanoseconds()))
                changes.Notify();
            await responses.WriteAsync(new Acknowledgement { Sequence = batch.Sequence }, cancellationToken);
        }
    }

    private static async Task<Hello> ReadHello(IAsyncStreamReader<AgentMessage> requests, CancellationToken cancellationToken)
    {
        if (await requests.MoveNext(cancellationToken) && requests.Current.Hello is { Node.Length: > 0 } hello)
            return hello;
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
        Message = "ignored an invalid sighting (id {Id}) from the agent on {Node}; check that agent and relay have the same version")]
    private partial void LogInvalidSighting(string node, ulong id);
}
