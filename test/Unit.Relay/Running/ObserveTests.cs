using Depmap.Relay.Agents;
using Depmap.Relay.Flows;
using Depmap.Relay.Queries;
using Depmap.V1;
using Grpc.Core;
using static Depmap.Relay.Tests.Running.FakeAgent;

namespace Depmap.Relay.Tests.Running;

public class ObserveTests
{
    private static readonly TimeSpan ReadTimeout = TimeSpan.FromSeconds(20);

    private static async Task<(List<uint> Ports, List<LostReport> Lost)> ReadAll(AsyncServerStreamingCall<ObserveResponse> call)
    {
        var (ports, lost) = (new List<uint>(), new List<LostReport>());
        while (await call.ResponseStream.MoveNext(default))
        {
            if (call.ResponseStream.Current.Flow is { } flow)
                ports.Add(flow.Source.Port);
            else
                lost.Add(call.ResponseStream.Current.Lost);
        }

        return (ports, lost);
    }

    private static async Task<RunningRelay> RelayWith(int count, Lost? lost = null, int flows = 1024)
    {
        RunningRelay relay = await RunningRelay.Start(flows);
        using var agent = new FakeAgent(relay);
        await agent.Hello();
        await agent.Send(1, lost, [.. Enumerable.Range(1, count).Select(i => CreateSighting((ulong)i, (uint)i))]);
        return relay;
    }

    public static TheoryData<ObserveRequest, uint[]> Requests => new()
    {
        { new ObserveRequest(), [.. Enumerable.Range(1, 200).Select(i => (uint)i)] },
        { new ObserveRequest { Last = 3 }, [198, 199, 200] },
        { new ObserveRequest { Last = 0 }, [] },
        { new ObserveRequest { Last = 150 }, [.. Enumerable.Range(51, 150).Select(i => (uint)i)] },
        { new ObserveRequest { Last = 1000, SinceUnixNs = 1_000 + 199 }, [199, 200] },
        { new ObserveRequest { First = 3 }, [1, 2, 3] },
        { new ObserveRequest { First = 2, Follow = true, SinceUnixNs = 1_000 + 70 }, [70, 71] },
        { new ObserveRequest { First = 500, Filter = new Filter { Source = new EndFilter { Ports = { 7, 9 } } } }, [7, 9] },
        { new ObserveRequest { SinceUnixNs = 1_000 + 5, UntilUnixNs = 1_000 + 8 }, [5, 6, 7] },
        { new ObserveRequest { Last = 2, Filter = new Filter { Ports = { 80 } } }, [] },
        { new ObserveRequest { Last = 2, Filter = new Filter { Pods = { "web" } } }, [199, 200] },
    };

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task A_reader_gets_the_matching_flows_of_the_ring(ObserveRequest request, uint[] ports)
    {
        await using RunningRelay relay = await RelayWith(200);
        (List<uint> read, List<LostReport> lost) = await ReadAll(relay.Queries.Observe(request));
        Assert.Equal(ports, read);
        Assert.Empty(lost);
    }

    [Fact]
    public async Task A_reader_gets_the_ends_of_flows_on_request()
    {
        await using RunningRelay relay = await RunningRelay.Start(1024);
        using var agent = new FakeAgent(relay);
        await agent.Hello();
        await agent.Send(1, null, CreateSighting(1, 1), CreateSighting(2, 2));
        Sighting ended = CreateSighting(1, 1);
        (ended.Ended, ended.BytesToServer, ended.PacketsToServer, ended.PacketsToClient) = (true, 900, 3, 4);
        await agent.Send(2, null, ended, CreateSighting(3, 3));
        await agent.Send(3, null, CreateSighting(4, 4));
        ulong ring = (await relay.Queries.GetStatusAsync(new StatusRequest())).Ring;

        Assert.Equal("1 2 3 4", await Read(new ObserveRequest()));
        Assert.Equal("1 2 3 end1 4", await Read(new ObserveRequest { Closes = true }));
        Assert.Equal("3 end1 4", await Read(new ObserveRequest { Closes = true, Last = 2 }));
        Assert.Equal("4", await Read(new ObserveRequest { Closes = true, Last = 1 }));
        Assert.Equal("", await Read(new ObserveRequest { Closes = true, Last = 0 }));
        Assert.Equal("1 2 3 end1", await Read(new ObserveRequest { Closes = true, First = 4 }));
        Assert.Equal("end1", await Read(new ObserveRequest { Closes = true, SinceUnixNs = 2_000 }));
        var position = new Position { Ring = ring, Sequence = 3 };
        Assert.Equal("end1 4", await Read(new ObserveRequest { Closes = true, After = position }));
        Assert.Equal("4", await Read(new ObserveRequest { Closes = true, After = position, AfterClose = 1 }));

        async Task<string> Read(ObserveRequest request)
        {
            List<string> lines = [];
            using AsyncServerStreamingCall<ObserveResponse> call = relay.Queries.Observe(request);
            while (await call.ResponseStream.MoveNext(default))
            {
                Flow flow = call.ResponseStream.Current.Flow;
                lines.Add($"{(flow.ClosedUnixNs > 0 ? "end" : "")}{flow.Source.Port}");
                if (flow.ClosedUnixNs > 0)
                {
                    Assert.Equal((900UL, 3UL, 4UL), (flow.BytesToServer, flow.PacketsToServer, flow.PacketsToClient));
                    Assert.Equal((2_001L, 1_000UL, 1UL), (flow.ClosedUnixNs, flow.DurationNs, flow.Sequence));
                }
            }

            return string.Join(' ', lines);
        }
    }

    [Fact]
    public async Task A_reader_continues_after_its_last_flow()
    {
        await using RunningRelay relay = await RelayWith(200);
        ulong ring = (await relay.Queries.GetStatusAsync(new StatusRequest())).Ring;
        (List<uint> read, List<LostReport> lost) = await ReadAll(relay.Queries.Observe(
            new ObserveRequest { After = new Position { Ring = ring, Sequence = 197 } }));
        Assert.Equal([198, 199, 200], read);
        Assert.Empty(lost);
        Assert.Empty(
            (await ReadAll(relay.Queries.Observe(new ObserveRequest { After = new Position { Ring = ring, Sequence = 200 } }))).Ports);
        var afterOtherRing = new ObserveRequest { After = new Position { Ring = ring + 1, Sequence = 197 } };
        Assert.Equal(200, (await ReadAll(relay.Queries.Observe(afterOtherRing))).Ports.Count);
    }

    [Fact]
    public async Task A_reader_that_reconnects_late_gets_the_number_of_missed_flows()
    {
        await using RunningRelay relay = await RelayWith(100, flows: 64);
        ulong ring = (await relay.Queries.GetStatusAsync(new StatusRequest())).Ring;
        (List<uint> read, List<LostReport> lost) = await ReadAll(relay.Queries.Observe(
            new ObserveRequest { After = new Position { Ring = ring, Sequence = 30 } }));
        Assert.Equal(64, read.Count);
        Assert.Equal(6UL, lost.Single().Reader);
    }

    [Fact]
    public async Task Lost_counters_are_sent_first_and_when_they_change()
    {
        await using RunningRelay relay = await RelayWith(1, new Lost { Drops = 4 });
        using AsyncServerStreamingCall<ObserveResponse> reader = relay.Queries.Observe(new ObserveRequest { Follow = true });
        async Task<ObserveResponse> Next() =>
            await reader.ResponseStream.MoveNext(default) ? reader.ResponseStream.Current : throw new EndOfStreamException();
        Assert.Equal(4UL, (await Next()).Lost.Agents.Drops);
        Assert.Equal(1U, (await Next()).Flow.Source.Port);
        using var agent = new FakeAgent(relay);
        await agent.Hello();
        await agent.Send(2, new Lost { Drops = 6, Connections = 1 });
        Lost more = (await Next()).Lost.Agents;
        Assert.Equal((6UL, 1UL), (more.Drops, more.Connections));
    }

    [Fact]
    public async Task A_slow_reader_delays_no_one_and_gets_the_number_of_missed_flows()
    {
        await using RunningRelay relay = await RelayWith(0, flows: 64);
        var slow = new SlowWriter();
        using var stop = new CancellationTokenSource();
        var reader = new FlowReader(
            relay.GetService<FlowRing>(),
            relay.GetService<CloseRing>(),
            relay.GetService<AgentRegistry>(),
            relay.GetService<RelayLost>(),
            relay.GetService<ChangeSignal>(),
            new ObserveRequest { Follow = true },
            _ => []);
        Task reading = reader.WriteTo(slow, stop.Token);
        using var agent = new FakeAgent(relay, epoch: 2);
        await agent.Hello();
        await agent.Send(1, null, CreateSighting(1, 1));
        await slow.Blocked.WaitAsync(ReadTimeout);
        await agent.Send(2, null, [.. Enumerable.Range(2, 199).Select(i => CreateSighting((ulong)i, (uint)i))]);
        slow.Release();
        LostReport lost = await slow.Lost.WaitAsync(ReadTimeout);
        Assert.Equal(135UL, lost.Reader);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        Assert.Equal([1, .. Enumerable.Range(137, 64).Select(i => (uint)i)], slow.Ports);
    }

    [Fact]
    public async Task A_reader_that_cancels_ends_its_stream_and_releases_its_slot()
    {
        await using RunningRelay relay = await RelayWith(1);
        for (int i = 0; i < ReaderLimit.MaxReaders + 10; i++)
        {
            using AsyncServerStreamingCall<ObserveResponse> reader = relay.Queries.Observe(new ObserveRequest());
            await ReadAll(reader);
        }

        using var cancelled = new CancellationTokenSource();
        using AsyncServerStreamingCall<ObserveResponse> follower = relay.Queries.Observe(
            new ObserveRequest { Follow = true }, cancellationToken: cancelled.Token);
        Assert.True(await follower.ResponseStream.MoveNext(default));
        Task<bool> waiting = follower.ResponseStream.MoveNext(default);
        await cancelled.CancelAsync();
        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => waiting)).StatusCode);
    }

    [Fact]
    public async Task Readers_above_the_maximum_are_rejected()
    {
        await using RunningRelay relay = await RelayWith(0);
        List<ReaderLimit.Slot> slots = [.. Enumerable.Range(0, ReaderLimit.MaxReaders).Select(
            _ => relay.GetService<ReaderLimit>().TryEnter()!)];
        RpcException e = await Assert.ThrowsAsync<RpcException>(() => ReadAll(relay.Queries.Observe(new ObserveRequest())));
        Assert.Equal(StatusCode.ResourceExhausted, e.StatusCode);
        slots[0].Dispose();
        await ReadAll(relay.Queries.Observe(new ObserveRequest()));
    }

    [Fact]
    public async Task Queries_are_not_served_on_the_intake_port()
    {
        await using RunningRelay relay = await RelayWith(0);
        RpcException e = await Assert.ThrowsAsync<RpcException>(async () => await relay.QueriesAtIntake.GetMapAsync(new MapRequest()));
        Assert.Equal(StatusCode.Unimplemented, e.StatusCode);
    }

    [Fact]
    public async Task A_relay_that_stops_ends_all_streams_within_two_seconds()
    {
        await using RunningRelay relay = await RelayWith(1);
        using AsyncServerStreamingCall<ObserveResponse> reader = relay.Queries.Observe(new ObserveRequest { Follow = true });
        Assert.True(await reader.ResponseStream.MoveNext(default));
        using var agent = new FakeAgent(relay, epoch: 2);
        await agent.Hello();
        await agent.Send(1, null);
        Task<bool> waiting = reader.ResponseStream.MoveNext(default);
        long start = System.Diagnostics.Stopwatch.GetTimestamp();
        await relay.Stop();
        Assert.True(System.Diagnostics.Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(2));
        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => waiting)).StatusCode);
        // The agent may or may not receive the status; it reconnects either way.
        await agent.End();
    }

    private sealed class SlowWriter : IServerStreamWriter<ObserveResponse>
    {
        private readonly TaskCompletionSource _blocked = new(), _released = new();
        private readonly TaskCompletionSource<LostReport> _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Blocked => _blocked.Task;

        public Task<LostReport> Lost => _lost.Task;

        public List<uint> Ports { get; } = [];

        public WriteOptions? WriteOptions { get; set; }

        public Task WriteAsync(ObserveResponse message, CancellationToken cancellationToken) => WriteAsync(message);

        public void Release() => _released.SetResult();

        public async Task WriteAsync(ObserveResponse message)
        {
            if (message.Lost is { } lost)
                _lost.SetResult(lost);
            else
                Ports.Add(message.Flow.Source.Port);
            _blocked.TrySetResult();
            await _released.Task;
        }
    }
}
