using System.Net;
using Depmap.Relay.Names;
using Depmap.Relay.Options;
using Depmap.Relay.Tests.Names;
using Depmap.V1;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Depmap.Relay.Tests.Running;

/// <summary>A whole relay in this process, on loopback ports of its own, with the names of the test cluster.</summary>
internal sealed class RunningRelay : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly List<GrpcChannel> _channels = [];

    private RunningRelay(WebApplication app) => _app = app;

    public V1.Queries.QueriesClient Queries => new(Channel(1));

    public V1.Intake.IntakeClient Intake => new(Channel(0));

    /// <summary>The queries service asked at the intake port, where it is not.</summary>
    public V1.Queries.QueriesClient QueriesAtIntake => new(Channel(0));

    public static async Task<RunningRelay> Start(int flows = 1024)
    {
        var options = new RelayOptions
        {
            Intake = new IPEndPoint(IPAddress.Loopback, 0),
            Queries = new IPEndPoint(IPAddress.Loopback, 0),
            Flows = flows,
            MaxEdges = 100,
            LogLevel = LogLevel.Error,
        };
        WebApplication app = RelayHost.Build(options);
        app.Services.GetRequiredService<NameTables>().Apply(TestCluster.CreateObjects(), 0);
        await RelayHost.Start(app, options);
        return new RunningRelay(app);
    }

    public T Part<T>()
        where T : notnull => _app.Services.GetRequiredService<T>();

    public Task Stop() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        _channels.ForEach(c => c.Dispose());
        await _app.DisposeAsync();
    }

    private GrpcChannel Channel(int port)
    {
        GrpcChannel channel = GrpcChannel.ForAddress("http://" + RelayHost.BoundAddresses(_app).ElementAt(port));
        _channels.Add(channel);
        return channel;
    }
}

/// <summary>An agent as the relay sees one.</summary>
internal sealed class FakeAgent(RunningRelay relay, string node = "node-a", ulong epoch = 1) : IDisposable
{
    private readonly AsyncDuplexStreamingCall<AgentMessage, Acknowledgement> _call = relay.Intake.Report();

    /// <summary>What the next batches say of its interfaces.</summary>
    public Attachments? Attachments { get; set; }

    public Task Hello(KernelFeatures? features = null) => _call.RequestStream.WriteAsync(
        new AgentMessage { Hello = new Hello { Node = node, Epoch = epoch, Version = "0.1.0", Features = features } });

    /// <summary>Sends a batch and returns what was acknowledged.</summary>
    public async Task<ulong> Send(ulong sequence, Lost? lost, params Sighting[] sightings)
    {
        var batch = new Batch { Sequence = sequence, Sightings = { sightings }, Lost = lost, Interfaces = 3, Attachments = Attachments };
        await _call.RequestStream.WriteAsync(new AgentMessage { Batch = batch });
        Assert.True(await _call.ResponseStream.MoveNext(default));
        return _call.ResponseStream.Current.Sequence;
    }

    /// <summary>How the relay ended the stream.</summary>
    public async Task<Status> End() => (await Assert.ThrowsAsync<RpcException>(() => _call.ResponseStream.MoveNext(default))).Status;

    public Task Finish() => _call.RequestStream.CompleteAsync();

    public void Dispose() => _call.Dispose();

    /// <summary>web → the outside, by a client port that tells flows apart.</summary>
    public static Sighting Outgoing(ulong id, uint port) => new()
    {
        Id = id,
        Protocol = Protocol.Tcp,
        Side = Side.Client,
        State = State.Established,
        ClientAddress = ByteString.CopyFrom(10, 244, 1, 2),
        ClientPort = port,
        ServerAddress = ByteString.CopyFrom(203, 0, 113, 7),
        ServerPort = 443,
        OpenedUnixNs = 1_000 + port,
        LastUnixNs = 2_000 + port,
        HasInitialSequence = true,
        InitialSequence = port,
    };
}
