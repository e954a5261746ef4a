using System.Net;
using System.Threading.Channels;
using Depmap.Common.Tls;
using Depmap.V1;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Depmap.Agent.Tests.Uplink;

/// <summary>A relay in the test's process that records what it receives and replies as configured.</summary>
internal sealed class FakeRelay : IAsyncDisposable
{
    private readonly Channel<ReceivedMessage> _received = Channel.CreateUnbounded<ReceivedMessage>();
    private readonly TaskCompletionSource _streamCompleted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly WebApplication _app;
    private IServerStreamWriter<Acknowledgement>? _responses;
    private int _streams;

    private FakeRelay(int port, TlsFolder? tls)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(this);
        builder.WebHost.ConfigureKestrel(kestrel =>
            kestrel.Listen(IPAddress.Loopback, port, listen =>
            {
                listen.Protocols = HttpProtocols.Http2;
                if (tls is not null)
                {
                    listen.UseHttps(
                        new TlsHandshakeCallbackOptions { OnConnection = _ => ValueTask.FromResult(tls.Current().ForServer()) });
                }
            }));
        builder.WebHost.UseKestrelHttpsConfiguration();
        _app = builder.Build();
        _app.MapGrpcService<Service>();
    }

    public Func<Batch, FakeRelayReply> OnBatch { get; set; } = _ => FakeRelayReply.Acknowledge;

    /// <summary>If set, all streams are rejected with this status.</summary>
    public Status? Refusal { get; set; }

    /// <summary>Completes when an agent has completed its stream normally.</summary>
    public Task StreamCompleted => _streamCompleted.Task;

    public Uri Address => new(_app.Urls.Single());

    public static async Task<FakeRelay> StartAsync(int port = 0, TlsFolder? tls = null)
    {
        var relay = new FakeRelay(port, tls);
        await relay._app.StartAsync();
        return relay;
    }

    public async Task<ReceivedMessage> ReceiveAsync() => await _received.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20));

    public async Task<ReceivedMessage[]> ReceiveAsync(int count)
    {
        var received = new ReceivedMessage[count];
        for (int i = 0; i < count; i++)
            received[i] = await ReceiveAsync();
        return received;
    }

    /// <summary>Whether nothing is received for 200 ms.</summary>
    public async Task<bool> ReceivesNothingAsync()
    {
        await Task.WhenAny(_received.Reader.WaitToReadAsync().AsTask(), Task.Delay(200));
        return _received.Reader.Count == 0;
    }

    public Task AcknowledgeAsync(ulong sequence) => _responses!.WriteAsync(new Acknowledgement { Sequence = sequence });

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private sealed class Service(FakeRelay relay) : Intake.IntakeBase
    {
        public override async Task Report(
            IAsyncStreamReader<AgentMessage> requests, IServerStreamWriter<Acknowledgement> responses, ServerCallContext context)
        {
            if (relay.Refusal is { } refusal)
                throw new RpcException(refusal);
            relay._responses = responses;
            int stream = Interlocked.Increment(ref relay._streams);
            while (await requests.MoveNext())
            {
                relay._received.Writer.TryWrite(new ReceivedMessage(stream, requests.Current));
                if (requests.Current.Batch is not { } batch)
                    continue;
                FakeRelayReply reply = relay.OnBatch(batch);
                if (reply is FakeRelayReply.Acknowledge or FakeRelayReply.AcknowledgeThenAbort)
                    await responses.WriteAsync(new Acknowledgement { Sequence = batch.Sequence });
                if (reply is FakeRelayReply.AbortFirst or FakeRelayReply.AcknowledgeThenAbort)
                {
                    context.GetHttpContext().Abort();
                    return;
                }
            }

            relay._streamCompleted.TrySetResult();
        }
    }
}
