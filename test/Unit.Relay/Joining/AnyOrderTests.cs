using CsCheck;
using Depmap.Relay.Joining;
using Depmap.V1;
using static Depmap.Relay.Tests.Names.TestCluster;
using Edge = Depmap.V1.Edge;
using Joiner = Depmap.Relay.Joining.Joiner;
using Sighting = Depmap.Relay.Joining.Sighting;

namespace Depmap.Relay.Tests.Joining;

/// <summary>Whatever order agents tell in, however often, and however late: each flow once, and edges as they truly are.</summary>
public class AnyOrderTests
{
    private enum Kind
    {
        Service,
        AgentRestarts,
        Masqueraded,
        Conversation,
        Outside,
        FromUnobservedNode,
        Refused,
        Policy,
        SynDroppedOnce,
    }

    private readonly record struct Told(string Node, ulong Epoch, Sighting Sighting);

    [Fact]
    public void Flows_are_published_once_and_edges_are_exact() =>
        Gen.Select(Gen.Enum<Kind>().Array[1, 12], Gen.Int, Gen.Int[-10, 40])
            .Sample((kinds, seed, relayEndsAfter) => Run(kinds, new Random(seed), relayEndsAfter), iter: 10_000);

    /// <param name="kinds">A flow each.</param>
    /// <param name="random">Orders, delays, repeats.</param>
    /// <param name="relayEndsAfter">Batches until a new relay takes over; negative for never.</param>
    private static void Run(Kind[] kinds, Random random, int relayEndsAfter)
    {
        var bench = new JoinerBench();
        bench.Connect("node-a", epoch: 2);
        Story[] stories = [.. kinds.Select((kind, i) => new Story(kind, Tell(kind, i + 1, random)))];
        // A connected agent is late by less than an ended flow is kept.
        double left = Joiner.KeepEnded / (double)UnixTime.Second;
        while (Batch(stories, random) is { Length: > 0 } batch)
        {
            if (relayEndsAfter-- == 0)
            {
                // What is all told is gone with its relay. Of the rest nothing was acknowledged, so it is told again.
                bench.RestartRelay();
                bench.Connect("node-a", epoch: 2);
                foreach (Story story in stories)
                    story.RelayIsNew(batch);
                continue;
            }

            Sighting[] sightings = [.. batch.Select(t => t.Sighting)];
            bench.TellAs(batch[0].Node, batch[0].Epoch, sightings);
            if (random.Next(3) == 0)
                bench.TellAgain(batch[0].Node, batch[0].Epoch, 1, sightings);
            double passes = Math.Min(random.NextDouble() * 0.8, left / 2);
            left -= passes;
            bench.Pass(passes);
        }

        bench.Pass(3);
        Kind[] known = [.. stories.Where(s => !s.Forgotten).Select(s => s.Kind)];
        Assert.Equal(known.Length, bench.Published.Select(f => f.Source.Port).Distinct().Count());
        Assert.All(bench.Published.GroupBy(f => f.Source.Port), flows => Assert.Equal(
            // Only a handshake after a drop may be told of twice, as dropped first.
            flows.Count() == 1 ? [flows.Last().Decision.Verdict] : [Verdict.Dropped, Verdict.Forwarded],
            flows.Select(f => f.Decision.Verdict)));
        Assert.Equal(Truth(known), Shown(bench.Edges));
    }

    /// <summary>One flow, and what is still to be told of it: each agent's in its order.</summary>
    private sealed class Story(Kind kind, List<Told> all)
    {
        private List<Queue<Told>> _agents = Queues(all);

        public Kind Kind => kind;

        public bool Forgotten { get; private set; }

        public IEnumerable<Queue<Told>> Agents => _agents.Where(q => q.Count > 0);

        public void RelayIsNew(Told[] notTold)
        {
            if (Agents.Any() || all.Any(notTold.Contains))
                _agents = Queues(all);
            else
                Forgotten = true;
        }

        private static List<Queue<Told>> Queues(List<Told> all) => [.. all.GroupBy(t => t.Node).Select(g => new Queue<Told>(g))];
    }

    // What the agents see of one flow, each in its own order.
    private static List<Told> Tell(Kind kind, int n, Random random)
    {
        uint sequence = (uint)random.Next(3) + (uint)(n * 10);
        long opened = Sightings.Opened + random.Next(2_000_000);
        Sighting Number(Sighting s, int part) => s with
        {
            Id = (ulong)((n * 10) + part),
            Client = s.Client with { Port = (ushort)(1000 + n) },
            Opened = opened + s.Opened - Sightings.Opened,
            Last = opened + s.Last - Sightings.Opened,
            InitialSequence = s.InitialSequence is null ? null : sequence,
        };
        Sighting client = Number(Sightings.AtWeb(State.Opening), 1), server = Number(Sightings.AtCart(State.Opening), 2);
        Sighting Done(Sighting s, ulong bytes = 100) => s with { State = State.Established, BytesToServer = bytes, Ended = true, Last = s.Last + 1000 };
        Told A(Sighting s, ulong epoch = 1) => new("node-a", epoch, s);
        Told B(Sighting s) => new("node-b", 1, s);
        switch (kind)
        {
            case Kind.Service:
                return [A(client), A(client with { State = State.Established, BytesToServer = 40 }), A(Done(client)), B(server), B(Done(server))];
            case Kind.AgentRestarts:
                Sighting again = Done(client, 60) with { InitialSequence = null, Guessed = true, Opened = opened + UnixTime.Second, Last = opened + (2 * UnixTime.Second) };
                return [A(client), A(client with { State = State.Established, BytesToServer = 40 }), A(again, epoch: 2), B(server), B(Done(server))];
            case Kind.Masqueraded:
                Sighting behind = server with { Client = NodeA with { Port = (ushort)(2000 + n) } };
                return [A(client), A(Done(client)), B(behind), B(Done(behind))];
            case Kind.Conversation:
                Sighting asks = Number(Sightings.AskDns(State.Opening), 1), hears = Number(Sightings.AtDns(State.Opening), 2);
                return [A(asks), A(Done(asks)), B(hears), B(Done(hears))];
            case Kind.Outside:
                return [A(client with { Server = Outside }), A(Done(client with { Server = Outside }))];
            case Kind.FromUnobservedNode:
                Sighting from = server with { Client = Faraway with { Port = (ushort)(1000 + n) } };
                return [B(from), B(Done(from))];
            case Kind.Refused:
                return [A(client), A(client.Failed(DropReason.Refused) with { Ended = true }), B(server.Failed(DropReason.Refused) with { Ended = true })];
            case Kind.Policy:
                return [A(client), A(client.Failed(DropReason.Timeout) with { Ended = true }), B(Number(Sightings.Drop(Cart), 3))];
            default:
                return [A(client), A(Done(client)), B(Number(Sightings.Drop(Cart), 3)), B(server), B(Done(server))];
        }
    }

    // One to four, of one agent, the flows' mixed; empty once all is told.
    private static Told[] Batch(Story[] stories, Random random)
    {
        var batch = new List<Told>();
        Queue<Told>[] queues = [.. stories.SelectMany(s => s.Agents)];
        if (queues.Length == 0)
            return [];
        (string node, ulong epoch, _) = queues[random.Next(queues.Length)].Peek();
        for (int i = random.Next(4); i >= 0; i--)
        {
            Queue<Told>[] open = [.. queues.Where(q => q.Count > 0 && q.Peek().Node == node && q.Peek().Epoch == epoch)];
            if (open.Length == 0)
                break;
            batch.Add(open[random.Next(open.Length)].Dequeue());
        }

        return [.. batch];
    }

    private static SortedDictionary<string, string> Truth(Kind[] kinds)
    {
        var truth = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var edge in kinds.GroupBy(NameOf))
        {
            int forwarded = edge.Count(k => k is not (Kind.Refused or Kind.Policy));
            truth[edge.Key] = $"{forwarded} forwarded, {edge.Count(k => k == Kind.Refused)} refused, "
                + $"{edge.Count(k => k == Kind.Policy)} by policy, {100 * forwarded} bytes";
        }

        return truth;
    }

    private static string NameOf(Kind kind) => kind switch
    {
        Kind.Conversation => "Deployment/web kube-dns 53",
        Kind.Outside => "Deployment/web 203.0.113.7 443",
        Kind.FromUnobservedNode => "Deployment/far cart 8080",
        _ => "Deployment/web cart 80",
    };

    private static SortedDictionary<string, string> Shown(List<Edge> edges)
    {
        var shown = new SortedDictionary<string, string>(StringComparer.Ordinal);
        ulong Dropped(Edge edge, DropReason reason) => edge.Drops.Where(d => d.Reason == reason).Aggregate(0UL, (sum, d) => sum + d.Count);
        foreach (Edge edge in edges)
        {
            Endpoint to = edge.Destination;
            string server = to.Service.Length > 0 ? to.Service : to.Workload.Length > 0 ? to.Workload : to.Ip;
            shown[$"{edge.Source.Workload} {server} {to.Port}"] =
                $"{edge.Forwarded} forwarded, {Dropped(edge, DropReason.Refused)} refused, {Dropped(edge, DropReason.Policy)} by policy, {edge.BytesToServer} bytes";
        }

        return shown;
    }
}
