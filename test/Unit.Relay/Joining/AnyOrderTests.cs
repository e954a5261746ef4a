using CsCheck;
using Depmap.V1;
using static Depmap.Relay.Tests.Names.TestCluster;
using Edge = Depmap.V1.Edge;
using Joiner = Depmap.Relay.Joining.Joiner;
using Sighting = Depmap.Relay.Joining.Sighting;

namespace Depmap.Relay.Tests.Joining;

/// <summary>In whatever order, how often and how late agents report: each flow is published once, and edges are exact.</summary>
public class AnyOrderTests
{
    private enum Kind
    {
        Service,
        AgentRestarts,
        Masqueraded,
        Conversation,
        External,
        FromUnobservedNode,
        Refused,
        Policy,
        SynDroppedOnce,
    }

    private readonly record struct AgentReport(string Node, ulong Epoch, Sighting Sighting);

    [Fact]
    public void Flows_are_published_once_and_edges_are_exact() =>
        Gen.Select(Gen.Enum<Kind>().Array[1, 12], Gen.Int, Gen.Int[-10, 40])
            .Sample((kinds, seed, relayEndsAfter) => Run(kinds, new Random(seed), relayEndsAfter), iter: 10_000);

    /// <param name="kinds">One for each flow.</param>
    /// <param name="random">For order, delays and repetitions.</param>
    /// <param name="relayEndsAfter">Number of batches until the relay restarts; negative for never.</param>
    private static void Run(Kind[] kinds, Random random, int relayEndsAfter)
    {
        var bench = new JoinerBench();
        bench.Connect("node-a", epoch: 2);
        FlowScript[] scripts = [.. kinds.Select((kind, i) => new FlowScript(kind, CreateReports(kind, i + 1, random)))];
        // The delay of a connected agent is below the time that an ended flow is kept.
        double left = Joiner.KeepEnded / (double)UnixTime.Second;
        while (TakeBatch(scripts, random) is { Length: > 0 } batch)
        {
            if (relayEndsAfter-- == 0)
            {
                // Completely reported flows are lost with the relay. The others were not acknowledged and are reported again.
                bench.RestartRelay();
                bench.Connect("node-a", epoch: 2);
                foreach (FlowScript script in scripts)
                    script.RestartRelay(batch);
                continue;
            }

            Sighting[] sightings = [.. batch.Select(t => t.Sighting)];
            bench.ReportAs(batch[0].Node, batch[0].Epoch, sightings);
            if (random.Next(3) == 0)
                bench.ReportBatch(batch[0].Node, batch[0].Epoch, 1, sightings);
            double passes = Math.Min(random.NextDouble() * 0.8, left / 2);
            left -= passes;
            bench.Advance(passes);
        }

        bench.Advance(3);
        Kind[] known = [.. scripts.Where(s => !s.IsLost).Select(s => s.Kind)];
        Assert.Equal(known.Length, bench.Published.Select(f => f.Source.Port).Distinct().Count());
        Assert.All(bench.Published.GroupBy(f => f.Source.Port), flows => Assert.Equal(
            // Only a handshake after a drop may be published twice, as dropped first.
            flows.Count() == 1 ? [flows.Last().Decision.Verdict] : [Verdict.Dropped, Verdict.Forwarded],
            flows.Select(f => f.Decision.Verdict)));
        Assert.Equal(GetExpectedEdges(known), GetActualEdges(bench.Edges));
    }

    /// <summary>One flow with its pending reports, in order for each agent.</summary>
    private sealed class FlowScript(Kind kind, List<AgentReport> all)
    {
        private List<Queue<AgentReport>> _agents = Queues(all);

        public Kind Kind => kind;

        public bool IsLost { get; private set; }

        public IEnumerable<Queue<AgentReport>> Agents => _agents.Where(q => q.Count > 0);

        public void RestartRelay(AgentReport[] unreported)
        {
            if (Agents.Any() || all.Any(unreported.Contains))
                _agents = Queues(all);
            else
                IsLost = true;
        }

        private static List<Queue<AgentReport>> Queues(List<AgentReport> all) =>
            [.. all.GroupBy(t => t.Node).Select(g => new Queue<AgentReport>(g))];
    }

    // The agents' reports of one flow, in order for each agent.
    private static List<AgentReport> CreateReports(Kind kind, int n, Random random)
    {
        uint sequence = (uint)random.Next(3) + (uint)(n * 10);
        long opened = Sightings.Opened + random.Next(2_000_000);
        Sighting Number(Sighting s, int part) => s with
        {
            Id = (ulong)((n * 10) + part),
            Client = s.Client with { Port = (ushort)(1000 + n) },
            Opened = opened + s.Opened - Sightings.Opened,
            LastSeen = opened + s.LastSeen - Sightings.Opened,
            InitialSequence = s.InitialSequence is null ? null : sequence,
        };
        Sighting client = Number(Sightings.AtWeb(State.Opening), 1), server = Number(Sightings.AtCart(State.Opening), 2);
        Sighting Done(Sighting s, ulong bytes = 100) =>
            s with { State = State.Established, BytesToServer = bytes, Ended = true, LastSeen = s.LastSeen + 1000 };
        AgentReport A(Sighting s, ulong epoch = 1) => new("node-a", epoch, s);
        AgentReport B(Sighting s) => new("node-b", 1, s);
        switch (kind)
        {
            case Kind.Service:
                Sighting established = client with { State = State.Established, BytesToServer = 40 };
                return [A(client), A(established), A(Done(client)), B(server), B(Done(server))];
            case Kind.AgentRestarts:
                Sighting again = Done(client, 60) with
                {
                    InitialSequence = null,
                    Guessed = true,
                    Opened = opened + UnixTime.Second,
                    LastSeen = opened + (2 * UnixTime.Second),
                };
                Sighting before = client with { State = State.Established, BytesToServer = 40 };
                return [A(client), A(before), A(again, epoch: 2), B(server), B(Done(server))];
            case Kind.Masqueraded:
                Sighting behind = server with { Client = NodeA with { Port = (ushort)(2000 + n) } };
                return [A(client), A(Done(client)), B(behind), B(Done(behind))];
            case Kind.Conversation:
                Sighting query = Number(Sightings.DnsAtWeb(State.Opening), 1), received = Number(Sightings.AtDns(State.Opening), 2);
                return [A(query), A(Done(query)), B(received), B(Done(received))];
            case Kind.External:
                return [A(client with { Server = External }), A(Done(client with { Server = External }))];
            case Kind.FromUnobservedNode:
                Sighting from = server with { Client = PodOnNodeC with { Port = (ushort)(1000 + n) } };
                return [B(from), B(Done(from))];
            case Kind.Refused:
                Sighting refusedClient = client.Failed(DropReason.Refused) with { Ended = true };
                return [A(client), A(refusedClient), B(server.Failed(DropReason.Refused) with { Ended = true })];
            case Kind.Policy:
                return [A(client), A(client.Failed(DropReason.Timeout) with { Ended = true }), B(Number(Sightings.Drop(Cart), 3))];
            default:
                return [A(client), A(Done(client)), B(Number(Sightings.Drop(Cart), 3)), B(server), B(Done(server))];
        }
    }

    // One to four reports of one agent, from any flows; empty once all are reported.
    private static AgentReport[] TakeBatch(FlowScript[] scripts, Random random)
    {
        var batch = new List<AgentReport>();
        Queue<AgentReport>[] queues = [.. scripts.SelectMany(s => s.Agents)];
        if (queues.Length == 0)
            return [];
        (string node, ulong epoch, _) = queues[random.Next(queues.Length)].Peek();
        for (int i = random.Next(4); i >= 0; i--)
        {
            Queue<AgentReport>[] open = [.. queues.Where(q => q.Count > 0 && q.Peek().Node == node && q.Peek().Epoch == epoch)];
            if (open.Length == 0)
                break;
            batch.Add(open[random.Next(open.Length)].Dequeue());
        }

        return [.. batch];
    }

    private static SortedDictionary<string, string> GetExpectedEdges(Kind[] kinds)
    {
        var expected = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var edge in kinds.GroupBy(NameOf))
        {
            int forwarded = edge.Count(k => k is not (Kind.Refused or Kind.Policy));
            expected[edge.Key] = $"{forwarded} forwarded, {edge.Count(k => k == Kind.Refused)} refused, "
                + $"{edge.Count(k => k == Kind.Policy)} by policy, {100 * forwarded} bytes";
        }

        return expected;
    }

    private static string NameOf(Kind kind) => kind switch
    {
        Kind.Conversation => "Deployment/web kube-dns 53",
        Kind.External => "Deployment/web 203.0.113.7 443",
        Kind.FromUnobservedNode => "Deployment/far cart 8080",
        _ => "Deployment/web cart 80",
    };

    private static SortedDictionary<string, string> GetActualEdges(List<Edge> edges)
    {
        var actual = new SortedDictionary<string, string>(StringComparer.Ordinal);
        ulong Dropped(Edge edge, DropReason reason) => edge.Drops.Where(d => d.Reason == reason).Aggregate(0UL, (sum, d) => sum + d.Count);
        foreach (Edge edge in edges)
        {
            Endpoint to = edge.Destination;
            string server = to.Service.Length > 0 ? to.Service : to.Workload.Length > 0 ? to.Workload : to.Ip;
            actual[$"{edge.Source.Workload} {server} {to.Port}"] =
                $"{edge.Forwarded} forwarded, {Dropped(edge, DropReason.Refused)} refused, "
                + $"{Dropped(edge, DropReason.Policy)} by policy, {edge.BytesToServer} bytes";
        }

        return actual;
    }
}
