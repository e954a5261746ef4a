using System.Net;
using System.Threading.Channels;
using Depmap.Agent.Records;
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

/// <summary>A relay in this process that notes all it hears and answers as it is told to.</summary>
internal sealed class FakeRelay : IAsyncDisposable
{
    private readonly Channel<ReceivedMessage> _heard = Channel.CreateUnbounded<ReceivedMessage>();
    private readonly TaskCompletionSource _endedInGoodOrder = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly WebApplication _app;
    private IServerStreamWriter<Acknowledgement>? _present;
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
                    listen.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _ => ValueTask.FromResult(tls.ForServer()) });
            }));
        builder.WebHost.UseKestrelHttpsConfiguration();
        _app = builder.Build();
        _app.MapGrpcService<Service>();
    }

    public Func<Batch, FakeRelayReply> OnBatch { get; set; } = _ => FakeRelayReply.Acknowledge;

    /// <summary>The status that all streams are refused with, if any.</summary>
    public Status? Refusal { get; set; }

    /// <summary>Done when an agent has ended its stream, as opposed to broken it.</summary>
    public Task EndedInGoodOrder => _endedInGoodOrder.Task;

    public Uri Address => new(_app.Urls.Single());

    public static async Task<FakeRelay> StartAsync(int port = 0, TlsFolder? tls = null)
    {
        var relay = new FakeRelay(port, tls);
        await relay._app.StartAsync();
        return relay;
    }

    public async Task<ReceivedMessage> HearAsync() => await _heard.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20));

    public async Task<ReceivedMessage[]> HearAsync(int count)
    {
        var heard = new ReceivedMessage[count];
        for (int i = 0; i < count; i++)
            heard[i] = await HearAsync();
        return heard;
    }

    /// <summary>Whether nothing more comes for a fifth of a second.</summary>
    public async Task<bool> HearsNothingAsync()
    {
        await Task.WhenAny(_heard.Reader.WaitToReadAsync().AsTask(), Task.Delay(200));
        return _heard.Reader.Count == 0;
    }

    public Task AcknowledgeAsync(ulong sequence) => _present!.WriteAsync(new Acknowledgement { Sequence = sequence });

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private sealed class Service(FakeRelay relay) : Intake.IntakeBase
    {
        public override async Task Report(
            IAsyncStreamReader<AgentMessage> requests, IServerStreamWriter<Acknowledgement> responses, ServerCallContext context)
        {
            if (relay.Refusal is { } refusal)
                throw new RpcException(refusal);
            relay._present = responses;
            int stream = Interlocked.Increment(ref relay._streams);
            while (await requests.MoveNext())
            {
                relay._heard.Writer.TryWrite(new ReceivedMessage(stream, requests.Current));
                if (requests.Current.Batch is not { } batch)
                    continue;
                FakeRelayReply answer = relay.OnBatch(batch);
                if (answer is FakeRelayReply.Acknowledge or FakeRelayReply.AcknowledgeThenCut)
                    await responses.WriteAsync(new Acknowledgement { Sequence = batch.Sequence });
                if (answer is FakeRelayReply.CutFirst or FakeRelayReply.AcknowledgeThenCut)
                {
                    context.GetHttpContext().Abort();
                    return;
                }
            }

            relay._endedInGoodOrder.TrySetResult();
        }
    }
}
