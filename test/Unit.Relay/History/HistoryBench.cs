using Depmap.Relay.Flows;
using Depmap.Relay.History;
using Depmap.Relay.Map;
using Depmap.Relay.Policies;
using Depmap.V1;
using static Depmap.Relay.Tests.Names.TestCluster;

namespace Depmap.Relay.Tests.History;

/// <summary>A map and its history, in a folder or in memory, at a time that the test sets.</summary>
internal sealed class HistoryBench : IDisposable
{
    private static readonly Owner? WebOwner = CreateNames().Addresses.OwnerAt(Web.Address, 0);

    private readonly TimeSpan _retain;
    private readonly long _maxBytes;

    /// <param name="folder">Null for a history in memory.</param>
    public HistoryBench(
        string? folder, ManualClock? clock = null, TimeSpan? retain = null, long maxBytes = long.MaxValue, int maxEdges = 1000)
    {
        Clock = clock ?? new ManualClock();
        (_retain, _maxBytes) = (retain ?? TimeSpan.FromDays(7), maxBytes);
        Map = new EdgeMap(maxEdges);
        Traffic = new TrafficTable(UnixTime.Of(Clock.Now));
        History = new EdgeHistory(Map, Traffic, new HistoryFolder(folder, _retain, _maxBytes, maxEdges * 3L, Clock), Clock, Problems.Add);
    }

    public ManualClock Clock { get; }
    public EdgeMap Map { get; }
    public TrafficTable Traffic { get; }
    public EdgeHistory History { get; }
    public List<string> Problems { get; } = [];

    /// <summary>All that is kept, the current minute included.</summary>
    public List<V1.Edge> Edges => History.Read(0, 0).Edges;

    public long Now => UnixTime.Of(Clock.Now);

    /// <summary>A flow from web that was opened now.</summary>
    public NamedFlow Flow(AddressPort destination, ulong bytes = 100, Decision? decision = null) => new()
    {
        Time = Now,
        LastSeen = Now,
        Decision = decision ?? new Decision(Verdict.Forwarded),
        Protocol = Protocol.Tcp,
        Source = Web,
        SourceOwner = WebOwner,
        Destination = destination,
        Node = "node-a",
        BytesToServer = bytes,
        BytesToClient = 10 * bytes,
        HandshakeNs = 50,
    };

    public EdgeShare Put(in NamedFlow flow, EdgeShare? share = null) => Map.Put(share, flow);

    /// <summary>Ends the current minute.</summary>
    public void EndMinute()
    {
        DateTimeOffset minute = Clock.Now;
        Clock.Now += TimeSpan.FromMinutes(1);
        History.Record(minute);
    }

    /// <summary>Unix nanoseconds.</summary>
    public long Ago(TimeSpan time) => UnixTime.Of(Clock.Now - time);

    public void Dispose() => History.Dispose();
}
