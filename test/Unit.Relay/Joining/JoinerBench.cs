using Depmap.Relay.Agents;
using Depmap.Relay.Flows;
using Depmap.Relay.Joining;
using Depmap.Relay.Map;
using Depmap.Relay.Names;
using Depmap.Relay.Tests.Names;

namespace Depmap.Relay.Tests.Joining;

/// <summary>A joiner with agents and a map, and a clock that advances only by calls.</summary>
internal sealed class JoinerBench
{
    public const long Start = 1_000_000 * UnixTime.Second;

    private readonly Dictionary<AgentKey, ulong> _sequences = [];
    private readonly int _capacity;
    private readonly int _maxEdges;
    private Joiner _joiner;

    public JoinerBench(int capacity = 1000, int maxEdges = 100, long started = long.MinValue)
    {
        (_capacity, _maxEdges) = (capacity, maxEdges);
        _joiner = new Joiner(capacity, started);
        Map = new EdgeMap(maxEdges);
        Connect("node-a");
        Connect("node-b");
    }

    /// <summary>Replaces joiner and map by new ones, with the agents of both nodes connected.</summary>
    public void RestartRelay()
    {
        _joiner = new Joiner(_capacity, Now);
        Map = new EdgeMap(_maxEdges);
        Published.Clear();
        Connect("node-a");
        Connect("node-b");
    }

    public long Now { get; private set; } = Start;

    public ClusterNames Names { get; set; } = TestCluster.CreateNames();

    public EdgeMap Map { get; private set; }

    public ResolvedNames ResolvedNames { get; } = new();

    public HostConnections Hosts { get; } = new();

    public ReportedAddresses Reported { get; } = new();

    public int FlowCount => _joiner.Count;

    public int SightingCount => _joiner.SightingCount;

    public long Evicted => _joiner.Evicted;

    /// <summary>Addresses of pods without a name.</summary>
    public IEnumerable<Address> Unnamed => _joiner.Unnamed.Distinct();

    public ulong LostFlows => _joiner.LostFlows;

    public ulong ForgottenFlows => _joiner.ForgottenFlows;

    public List<NamedFlow> Published { get; } = [];

    /// <summary>The ends of flows, as the join stage publishes them.</summary>
    public List<NamedFlow> Closed { get; } = [];

    public NamedFlow SinglePublished => Assert.Single(Published);

    public List<V1.Edge> Edges => Map.Read().Edges;

    public void Connect(string node, ulong epoch = 1) => _joiner.AgentConnected(new AgentKey(node, epoch), Now);

    public void Disconnect(string node, ulong epoch = 1) => _joiner.AgentDisconnected(new AgentKey(node, epoch), Now);

    /// <summary>Reports a batch of the agent on a node.</summary>
    public void Report(string node, params Sighting[] sightings) => ReportAs(node, 1, sightings);

    public void ReportAs(string node, ulong epoch, params Sighting[] sightings)
    {
        var key = new AgentKey(node, epoch);
        ulong sequence = _sequences[key] = _sequences.GetValueOrDefault(key) + 1;
        ReportBatch(node, epoch, sequence, sightings);
    }

    public void ReportBatch(string node, ulong epoch, ulong sequence, params Sighting[] sightings)
    {
        _joiner.Apply(new AgentKey(node, epoch), sequence, sightings, Names, Now);
        Deliver();
    }

    public void Advance(double seconds)
    {
        Now += (long)(seconds * UnixTime.Second);
        _joiner.Tick(Names, Now);
        Deliver();
    }

    private void Deliver()
    {
        foreach ((JoinedFlow flow, bool publish) in _joiner.Updates)
        {
            NamedFlow named = new FlowNamer(ResolvedNames, Hosts, Reported, new OwnTraffic("depmap")).Name(flow, Names);
            flow.MapHandle = Map.Put((EdgeShare?)flow.MapHandle, named);
            if (publish)
                Published.Add(named);
        }

        _joiner.Updates.Clear();
        foreach (JoinedFlow flow in _joiner.Closed)
        {
            NamedFlow named = new FlowNamer(ResolvedNames, Hosts, Reported, new OwnTraffic("depmap")).Name(flow, Names);
            (ulong toServer, ulong toClient) = flow.Packets;
            Closed.Add(named with { Close = new FlowClose(flow.Closed, flow.Duration, toServer, toClient, 0) });
        }

        _joiner.Closed.Clear();
    }
}
