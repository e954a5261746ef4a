using System.Runtime.InteropServices;
using Depmap.V1;

namespace Depmap.Relay.Map;

/// <summary>
/// The counters of an edge, or how much they grew in a period. Growth can be negative: a flow that moves to another edge, because its
/// name or verdict becomes known later, is subtracted from the one and added to the other.
/// </summary>
internal sealed class EdgeCounts
{
    private Dictionary<(DropReason Reason, string Detail), long>? _drops;

    public long Forwarded { get; set; }
    public long Dropped { get; set; }
    public long BytesToServer { get; set; }
    public long BytesToClient { get; set; }

    /// <summary>The sum over the flows that had a handshake, nanoseconds.</summary>
    public long HandshakeNs { get; set; }

    /// <summary>The number of flows that had a handshake.</summary>
    public long Handshakes { get; set; }

    /// <summary>The number of flows that are guessed.</summary>
    public long Guessed { get; set; }

    /// <summary>The number of flows.</summary>
    public long Flows => Forwarded + Dropped;

    public IReadOnlyCollection<KeyValuePair<(DropReason Reason, string Detail), long>> Drops => _drops is { } drops ? drops : [];

    public bool IsZero => (Forwarded | Dropped | BytesToServer | BytesToClient | HandshakeNs | Handshakes | Guessed) == 0
        && (_drops is null || _drops.Count == 0);

    /// <summary>The mean over the flows that had a handshake, nanoseconds.</summary>
    public ulong HandshakeMeanNs => Handshakes > 0 ? NotNegative(HandshakeNs) / (ulong)Handshakes : 0;

    public bool HasReason(DropReason reason, string detail) => _drops?.ContainsKey((reason, detail)) == true;

    /// <summary>A correction of an earlier period may be larger than what a period has: its messages then have 0.</summary>
    public static ulong NotNegative(long count) => count > 0 ? (ulong)count : 0;

    /// <summary>The most frequent first.</summary>
    public IEnumerable<DropCount> ToDropMessages() => Drops
        .Where(drop => drop.Value > 0)
        .OrderByDescending(drop => drop.Value).ThenBy(drop => drop.Key)
        .Select(drop => new DropCount { Reason = drop.Key.Reason, Detail = drop.Key.Detail, Count = (ulong)drop.Value });

    /// <summary>As the counters of a pair of nodes.</summary>
    public V1.NodeTraffic ToMessage(in NodePair nodes) => new()
    {
        SourceNode = nodes.SourceNode,
        SourceZone = nodes.SourceZone,
        DestinationNode = nodes.DestinationNode,
        DestinationZone = nodes.DestinationZone,
        Forwarded = NotNegative(Forwarded),
        Dropped = NotNegative(Dropped),
        Drops = { ToDropMessages() },
        BytesToServer = NotNegative(BytesToServer),
        BytesToClient = NotNegative(BytesToClient),
        Handshakes = NotNegative(Handshakes),
        HandshakeMeanNs = HandshakeMeanNs,
    };

    public EdgeCounts Copy()
    {
        var copy = new EdgeCounts();
        copy.Add(this);
        return copy;
    }

    /// <summary>Adds what one flow adds to its edge.</summary>
    /// <param name="sign">1, or -1 to subtract it.</param>
    public void Add(EdgeShare share, int sign)
    {
        if (share.Dropped)
        {
            Dropped += sign;
            AddDrops(share.Reason, share.Detail, sign);
        }
        else
        {
            Forwarded += sign;
        }

        BytesToServer += sign * (long)share.BytesToServer;
        BytesToClient += sign * (long)share.BytesToClient;
        HandshakeNs += sign * (long)share.HandshakeNs;
        Handshakes += share.HandshakeNs > 0 ? sign : 0;
        Guessed += share.Guessed ? sign : 0;
    }

    /// <param name="sign">1, or -1 to subtract.</param>
    public void Add(EdgeCounts other, int sign = 1)
    {
        Forwarded += sign * other.Forwarded;
        Dropped += sign * other.Dropped;
        BytesToServer += sign * other.BytesToServer;
        BytesToClient += sign * other.BytesToClient;
        HandshakeNs += sign * other.HandshakeNs;
        Handshakes += sign * other.Handshakes;
        Guessed += sign * other.Guessed;
        foreach (((DropReason reason, string detail), long count) in other.Drops)
            AddDrops(reason, detail, sign * count);
    }

    /// <param name="count">Reasons whose count becomes 0 are removed.</param>
    public void AddDrops(DropReason reason, string detail, long count)
    {
        _drops ??= [];
        ref long sum = ref CollectionsMarshal.GetValueRefOrAddDefault(_drops, (reason, detail), out _);
        sum += count;
        if (sum == 0)
            _drops.Remove((reason, detail));
    }
}
