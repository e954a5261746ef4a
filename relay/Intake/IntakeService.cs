using System.Threading.Channels;
using Depmap.Relay.Agents;
using Depmap.Relay.Flows;
using Depmap.Relay.Joining;
using Depmap.V1;
using Grpc.Core;
using Sighting = Depmap.Relay.Joining.Sighting;

namespace Depmap.Relay.Intake;

/// <summary>Takes what agents report, one stream each, and acknowledges what is held.</summary>
internal sealed partial class IntakeService(
    AgentRegistry agents,
    ChannelWriter<JoinWork> joining,
    ChangeSignal news,
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
            await joining.WriteAsync(new JoinWork.Connected(key), stop.Token);
            try
            {
                LogConnected(hello.Node, hello.Version, hello.Kernel, hello.AttachMode);
                await Take(key, requests, responses, stop.Token);
            }
            finally
            {
                agents.Disconnect(key, stop);
                var gone = new JoinWork.Gone(key);
                if (!joining.TryWrite(gone))
                    await joining.WriteAsync(gone, relay.ApplicationStopping);
                LogGone(hello.Node);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // The agent went away, or comes by another stream; if it still listens it hears why.
            throw new RpcException(relay.ApplicationStopping.IsCancellationRequested
                ? new Status(StatusCode.Unavailable, "the relay is stopping")
                : new Status(StatusCode.Aborted, "another stream of this agent took over"));
        }
    }

    private async Task Take(
        AgentKey key, IAsyncStreamReader<AgentMessage> requests, IServerStreamWriter<Acknowledgement> responses, CancellationToken cancellationToken)
    {
        var reader = new SightingMessage();
        bool complained = false;
        while (await requests.MoveNext(cancellationToken))
        {
            if (requests.Current.Batch is not { } batch)
                throw new RpcException(new Status(StatusCode.InvalidArgument, "expected a batch after the hello"));
            long received = timeProvider.UnixNanoseconds();
            var sightings = new List<Sighting>(batch.Sightings.Count);
            foreach (V1.Sighting message in batch.Sightings)
            {
                if (reader.TryRead(message, out Sighting sighting))
                {
                    sightings.Add(sighting);
                }
                else if (!complained)
                {
                    complained = true;
                    LogNonsense(key.Node, message.Id);
                }
            }

            var work = new JoinWork.Batch(
                key, batch.Sequence, sightings, ResolutionMessage.ReadAll(batch.Resolutions), HostConnectionMessage.ReadAll(batch.HostConnections));
            await joining.WriteAsync(work, cancellationToken);
            await work.Applied.WaitAsync(cancellationToken);
            if (agents.Hear(key, batch, received, timeProvider.UnixNanoseconds()))
                news.Fire();
            await responses.WriteAsync(new Acknowledgement { Sequence = batch.Sequence }, cancellationToken);
        }
    }

    private static async Task<Hello> ReadHello(IAsyncStreamReader<AgentMessage> requests, CancellationToken cancellationToken)
    {
        if (await requests.MoveNext(cancellationToken) && requests.Current.Hello is { Node.Length: > 0 } hello)
            return hello;
        throw new RpcException(new Status(StatusCode.InvalidArgument, "expected a hello that names the node, first"));
    }

    [LoggerMessage(20, LogLevel.Information, "agent on {Node} connected: version {Version}, kernel {Kernel}, {AttachMode}")]
    private partial void LogConnected(string node, string version, string kernel, string attachMode);

    [LoggerMessage(21, LogLevel.Information, "agent on {Node} gone")]
    private partial void LogGone(string node);

    [LoggerMessage(22, LogLevel.Warning, "the agent on {Node} sent a sighting that makes no sense (id {Id}), passed over: are agent and relay of the same version?")]
    private partial void LogNonsense(string node, ulong id);
}
