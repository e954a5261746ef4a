using System.Threading.Channels;
using Depmap.Relay.Flows;
using Depmap.Relay.Joining;
using Depmap.Relay.Map;
using Depmap.Relay.Names;
using Depmap.Relay.Queries;

namespace Depmap.Relay;

/// <summary>The one task that joins: from the intake's channel to the flow ring and the edge map.</summary>
internal sealed partial class JoinStage(
    Channel<JoinWork> work,
    Joiner joiner,
    NameTables names,
    ResolvedNames outside,
    HostConnections hosts,
    FlowRing ring,
    FlowRates rates,
    EdgeMap map,
    ChangeSignal news,
    TimeProvider timeProvider,
    ILogger<JoinStage> log) : BackgroundService
{
    // Ended flows are forgotten on the way; with nothing coming in this often is enough.
    private static readonly TimeSpan LongestSleep = TimeSpan.FromSeconds(5);

    private readonly FlowNamer _namer = new(outside, hosts);
    private long _overflowTold;

    protected override async Task ExecuteAsync(CancellationToken cancellationToken)
    {
        var wake = new JoinWork.Wake();
        // A full channel wakes by itself.
        await using ITimer timer = timeProvider.CreateTimer(_ => work.Writer.TryWrite(wake), null, LongestSleep, Timeout.InfiniteTimeSpan);
        await foreach (JoinWork item in work.Reader.ReadAllAsync(cancellationToken))
        {
            long now = timeProvider.UnixNanoseconds();
            Handle(item, now);
            joiner.Tick(names.Current, now);
            Deliver(now);
            (item as JoinWork.Batch)?.SetApplied();
            timer.Change(Sleep(now), Timeout.InfiniteTimeSpan);
        }
    }

    private void Handle(JoinWork item, long now)
    {
        switch (item)
        {
            case JoinWork.Batch batch:
                foreach (Resolution answer in batch.Resolutions)
                {
                    Owner? client = names.Current.Addresses.OwnerAt(answer.Client, answer.Time);
                    outside.Add(answer.Client, client, answer.Name, answer.Addresses, answer.Time);
                }

                foreach (HostConnection connection in batch.HostConnections)
                    hosts.Add(batch.Agent.Node, connection);
                joiner.Apply(batch.Agent, batch.Sequence, batch.Sightings, names.Current, now);
                break;
            case JoinWork.Connected connected:
                joiner.AgentConnected(connected.Agent, now);
                break;
            case JoinWork.Gone gone:
                joiner.AgentGone(gone.Agent, now);
                break;
        }

        if (joiner.Overflowed == _overflowTold)
            return;
        if (_overflowTold == 0)
            LogOverflow(joiner.Count);
        _overflowTold = joiner.Overflowed;
    }

    private void Deliver(long now)
    {
        bool published = false;
        ClusterNames current = names.Current;
        foreach ((JoinedFlow flow, bool publish) in joiner.Settled)
        {
            NamedFlow named = _namer.Name(flow, current);
            flow.MapHandle = map.Put((EdgeShare?)flow.MapHandle, named);
            if (publish)
            {
                ring.Add(named);
                rates.Add(named.Node, now);
            }

            published |= publish;
        }

        joiner.Settled.Clear();
        if (published)
            news.Fire();
    }

    private TimeSpan Sleep(long now) => joiner.NextDue is { } due && (due - now) / 100 < LongestSleep.Ticks
        // Timers count in milliseconds and round down: one more, not one too early.
        ? TimeSpan.FromTicks(Math.Max(0, due - now) / 100) + TimeSpan.FromMilliseconds(1)
        : LongestSleep;

    [LoggerMessage(30, LogLevel.Warning, "more than {Count} flows at once: the oldest are forgotten, and may be shown twice")]
    private partial void LogOverflow(int count);
}
