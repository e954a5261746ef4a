using System.Threading.Channels;
using Depmap.Relay.Cluster;
using Depmap.Relay.Flows;
using Depmap.Relay.Joining;
using Depmap.Relay.Map;
using Depmap.Relay.Names;
using Depmap.Relay.Policies;
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
    ReportedAddresses reported,
    OwnTraffic own,
    FlowRing ring,
    CloseRing closes,
    FlowRates rates,
    EdgeMap map,
    TrafficTable traffic,
    RelayLost lost,
    ChangeSignal changes,
    TimeProvider timeProvider,
    ILogger<JoinStage> log,
    PodLookup? pods = null) : BackgroundService
{
    // How often to wake up without work, to remove ended flows.
    private static readonly TimeSpan MaxSleep = TimeSpan.FromSeconds(5);

    private readonly FlowNamer _namer = new(resolvedNames, hosts, reported, own);
    private readonly FlowPolicies _policies = new();
    private long _lostReportedAt;

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
            AskForNames();
            ReportLost(now);
            (item as JoinWork.Batch)?.SetApplied();
            timer.Change(GetSleep(now), Timeout.InfiniteTimeSpan);
        }
    }

    private void Handle(JoinWork item, long now)
    {
        switch (item)
        {
            case JoinWork.Batch batch:
                if (batch.NodeAddresses is { } addresses)
                    reported.Set(batch.Agent.Node, addresses, now);
                foreach (Resolution resolution in batch.Resolutions)
                {
                    Owner? client = names.Current.Addresses.OwnerAt(resolution.Client, resolution.Time);
                    resolvedNames.Add(
                        batch.Agent.Node, resolution.Client, client, resolution.Name, resolution.Addresses, resolution.Time);
                }

                foreach (HostConnection connection in batch.HostConnections)
                    hosts.Add(batch.Agent.Node, connection);
                IReadOnlyList<Sighting> possible = ForeignPods.Exclude(batch.Sightings, batch.Agent.Node, names.Current);
                batch.Impossible = batch.Sightings.Count - possible.Count;
                joiner.Apply(batch.Agent, batch.Sequence, possible, names.Current, now);
                break;
            case JoinWork.Connected connected:
                reported.Connect(connected.Agent.Node);
                joiner.AgentConnected(connected.Agent, now);
                break;
            case JoinWork.Disconnected disconnected:
                reported.Disconnect(disconnected.Agent.Node, now);
                joiner.AgentDisconnected(disconnected.Agent, now);
                break;
        }
    }

    private void ReportLost(long now)
    {
        var current = new RelayLost.Totals(joiner.LostFlows, joiner.ForgottenFlows);
        // Readers print a line for each change.
        if (current == lost.Current || now - _lostReportedAt < UnixTime.Second)
            return;
        if (_lostReportedAt == 0)
            LogLost(joiner.Count);
        _lostReportedAt = now;
        lost.Current = current;
        changes.Notify();
    }

    private void DeliverUpdates(long now)
    {
        bool published = false;
        ClusterNames current = names.Current;
        foreach ((JoinedFlow flow, bool publish) in joiner.Updates)
        {
            NamedFlow named = _namer.Name(flow, current);
            flow.MapHandle = map.Put((EdgeShare?)flow.MapHandle, named, current.Nodes);
            if (publish)
            {
                if (FlowPolicies.IsCandidate(named))
                    named = named with { Policy = Explain(named, current) };
                ring.Add(named);
                if (!ServiceBackends.IsUnknown(named))
                    traffic.Add(named);
                else
                    ServiceBackends.Expand(named, current).ForEach(possible => traffic.Add(possible));
                rates.Add(named.Node, now);
            }

            published |= publish;
        }

        joiner.Updates.Clear();
        foreach (JoinedFlow flow in joiner.Closed)
        {
            (ulong toServer, ulong toClient) = flow.Packets;
            var close = new FlowClose(flow.Closed, flow.Duration, toServer, toClient, ring.Last);
            closes.Add(_namer.Name(flow, current) with { Close = close });
            published = true;
        }

        joiner.Closed.Clear();
        if (published)
            changes.Notify();
    }

    private V1.PolicyVerdict? Explain(NamedFlow flow, ClusterNames current) => ServiceBackends.IsUnknown(flow)
        ? _policies.Explain(ServiceBackends.Expand(flow, current), current.Policies)
        : _policies.Explain(flow, current.Policies);

    private void AskForNames()
    {
        if (pods is not null)
            joiner.Unnamed.ForEach(pods.Ask);
        joiner.Unnamed.Clear();
    }

    private TimeSpan GetSleep(long now) => joiner.NextDue is { } due && (due - now) / 100 < MaxSleep.Ticks
        // Timers have a resolution of a millisecond and round down: add one, so that the timer does not expire too early.
        ? TimeSpan.FromTicks(Math.Max(0, due - now) / 100) + TimeSpan.FromMilliseconds(1)
        : MaxSleep;

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "more than {Count} concurrent flows: the oldest are removed, and their further bytes are missing; see --max-flows")]
    private partial void LogLost(int count);
}
