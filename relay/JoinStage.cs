using System.Threading.Channels;
using Depmap.Relay.Flows;
using Depmap.Relay.Joining;
using Depmap.Relay.Map;
using Depmap.Relay.Names;
using Depmap.Relay.Queries;

namespace Depmap.Relay;

/// <summary>
/// Joins the intake's work items and delivers the flows to the flow ring and the edge map, on one task. The only type that
/// knows joiner, map and queries.
/// </summary>
internal sealed partial class JoinStage(
    Channel<JoinWork> work,
    Joiner joiner,
    NameTables names,
    ResolvedNames resolvedNames,
    HostConnections hosts,
    FlowRing ring,
    FlowRates rates,
    EdgeMap map,
    ChangeSignal changes,
    TimeProvider timeProvider,
    ILogger<JoinStage> log) : BackgroundService
{
    // How often to wake up without work, to remove ended flows.
    private static readonly TimeSpan MaxSleep = TimeSpan.FromSeconds(5);

    private readonly FlowNamer _namer = new(resolvedNames, hosts);
    private long _reportedEvictions;

    protected override async Task ExecuteAsync(CancellationToken cancellationToken)
    {
        var wake = new JoinWork.Wake();
        // If the channel is full, the next item wakes the stage anyway.
        await using ITimer timer = timeProvider.CreateTimer(_ => work.Writer.TryWrite(wake), null, MaxSleep, Timeout.InfiniteTimeSpan);
        await foreach (JoinWork item in work.Reader.ReadAllAsync(cancellationToken))
        {
            long now = timeProvider.UnixNanoseconds();
            Handle(item, now);
            joiner.Tick(names.Current, now);
            DeliverUpdates(now);
            (item as JoinWork.Batch)?.SetApplied();
            timer.Change(GetSleep(now), Timeout.InfiniteTimeSpan);
        }
    }

    private void Handle(JoinWork item, long now)
    {
        switch (item)
        {
            case JoinWork.Batch batch:
                foreach (Resolution resolution in batch.Resolutions)
                {
                    Owner? client = names.Current.Addresses.OwnerAt(resolution.Client, resolution.Time);
                    resolvedNames.Add(resolution.Client, client, resolution.Name, resolution.Addresses, resolution.Time);
                }

                foreach (HostConnection connection in batch.HostConnections)
                    hosts.Add(batch.Agent.Node, connection);
                joiner.Apply(batch.Agent, batch.Sequence, batch.Sightings, names.Current, now);
                break;
            case JoinWork.Connected connected:
                joiner.AgentConnected(connected.Agent, now);
                break;
            case JoinWork.Disconnected disconnected:
                joiner.AgentDisconnected(disconnected.Agent, now);
                break;
        }

        if (joiner.Evicted == _reportedEvictions)
            return;
        if (_reportedEvictions == 0)
            LogEviction(joiner.Count);
        _reportedEvictions = joiner.Evicted;
    }

    private void DeliverUpdates(long now)
    {
        bool published = false;
        ClusterNames current = names.Current;
        foreach ((JoinedFlow flow, bool publish) in joiner.Updates)
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

        joiner.Updates.Clear();
        if (published)
            changes.Notify();
    }

    private TimeSpan GetSleep(long now) => joiner.NextDue is { } due && (due - now) / 100 < MaxSleep.Ticks
        // Timers have a resolution of a millisecond and round down: add one, so that the timer does not expire too early.
        ? TimeSpan.FromTicks(Math.Max(0, due - now) / 100) + TimeSpan.FromMilliseconds(1)
        : MaxSleep;

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "more than {Count} concurrent flows: the oldest are evicted and may be reported twice")]
    private partial void LogEviction(int count);
}
