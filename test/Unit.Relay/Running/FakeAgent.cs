using Depmap.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Depmap.Relay.Tests.Running;

/// <summary>A client that behaves like an agent.</summary>
/// <param name="from">The loopback address that it connects from.</param>
internal sealed class FakeAgent(RunningRelay relay, string node = "node-a", ulong epoch = 1, string from = "127.0.0.1") : IDisposable
{
    // A relay whose join has ended acknowledges nothing.
    private readonly AsyncDuplexStreamingCall<AgentMessage, Acknowledgement> _call =
        relay.IntakeFrom(from).Report(deadline: DateTime.UtcNow.AddMinutes(2));

    /// <summary>Sent with the next batches.</summary>
    public Attachments? Attachments { get; set; }

    public InterfaceAddresses? Addresses { get; set; }

    public Task Hello(KernelFeatures? features = null) => _call.RequestStream.WriteAsync(
        new AgentMessage { Hello = new Hello { Node = node, Epoch = epoch, Version = "0.1.0", Features = features } });

    /// <summary>Sends a batch and returns the acknowledged sequence.</summary>
    public async Task<ulong> Send(ulong sequence, Lost? lost, params Sighting[] sightings)
    {
        return await Send(new Batch
        {
            Sequence = sequence,
            Sightings = { sightings },
            Lost = lost,
            Interfaces = 3,
            Attachments = Attachments,
            InterfaceAddresses = Addresses,
        });
    }

    public async Task<ulong> Send(Batch batch)
    {
        await _call.RequestStream.WriteAsync(new AgentMessage { Batch = batch });
        Assert.True(await _call.ResponseStream.MoveNext(default));
        return _call.ResponseStream.Current.Sequence;
    }

    /// <summary>The status with which the relay ended the stream.</summary>
    public async Task<Status> End() => (await Assert.ThrowsAsync<RpcException>(() => _call.ResponseStream.MoveNext(default))).Status;

    public Task Finish() => _call.RequestStream.CompleteAsync();

    public void Dispose() => _call.Dispose();

    /// <summary>web → an external address, from the given client port.</summary>
    public static Sighting CreateSighting(ulong id, uint port) => new()
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
