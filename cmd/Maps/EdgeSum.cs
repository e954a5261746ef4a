using Depmap.V1;

namespace Depmap.Plugin.Maps;

/// <summary>Adds up the counters of edges that have become the same.</summary>
internal static class EdgeSum
{
    /// <summary>
    /// One edge for all with the same ends, protocol and port; probes and Depmap's own flows stay apart. In order of the first.
    /// </summary>
    /// <param name="edges">Not changed.</param>
    /// <param name="withPorts">Whether edges to different ports, or of different protocols, stay apart.</param>
    public static List<Edge> Merge(IEnumerable<Edge> edges, bool withPorts)
    {
        var sums = new Dictionary<Key, Edge>();
        var merged = new List<Edge>();
        foreach (Edge edge in edges)
        {
            Key key = Key.Of(edge, withPorts);
            if (sums.TryGetValue(key, out Edge? sum))
            {
                Add(sum, edge);
                continue;
            }

            sum = edge.Clone();
            sum.Nodes.Clear();
            sums.Add(key, sum);
            merged.Add(sum);
        }

        return merged;
    }

    private static void Add(Edge sum, Edge edge)
    {
        sum.HandshakeMeanNs = Mean(sum, edge);
        sum.Handshakes += edge.Handshakes;
        sum.Guessed &= edge.Guessed;
        sum.Forwarded += edge.Forwarded;
        sum.Dropped += edge.Dropped;
        sum.BytesToServer += edge.BytesToServer;
        sum.BytesToClient += edge.BytesToClient;
        sum.BytesWithinZone += edge.BytesWithinZone;
        sum.BytesAcrossZones += edge.BytesAcrossZones;
        sum.FirstSeenUnixNs = Earlier(sum.FirstSeenUnixNs, edge.FirstSeenUnixNs);
        sum.LastSeenUnixNs = Math.Max(sum.LastSeenUnixNs, edge.LastSeenUnixNs);
        sum.MoreAddresses |= edge.MoreAddresses;
        if (sum.Protocol != edge.Protocol)
            sum.Protocol = Protocol.Unspecified;
        if (sum.Destination?.Port != edge.Destination?.Port)
            sum.Destination!.Port = 0;
        if (sum.Destination is { } served && served.Workload != edge.Destination?.Workload)
            served.Workload = served.Service.Length > 0 ? "" : served.Workload;
        AddAddresses(sum, sum.Source, edge.Source);
        AddAddresses(sum, sum.Destination, edge.Destination);
        AddDrops(sum, edge);
    }

    // The addresses of the two may be the same ones.
    private static void AddAddresses(Edge sum, Endpoint? end, Endpoint? other)
    {
        if (end is null || other is null || other.AddressCount == 0 || (end.Ip == other.Ip && end.Ip.Length > 0))
            return;
        sum.MoreAddresses = true;
        end.AddressCount = Math.Max(end.AddressCount, other.AddressCount);
        end.Ip = "";
    }

    private static void AddDrops(Edge sum, Edge edge)
    {
        foreach (DropCount drop in edge.Drops)
        {
            if (sum.Drops.FirstOrDefault(known => known.Reason == drop.Reason && known.Detail == drop.Detail) is { } known)
                known.Count += drop.Count;
            else
                sum.Drops.Add(drop.Clone());
        }

        DropCount[] sorted = [.. sum.Drops.OrderByDescending(drop => drop.Count)];
        sum.Drops.Clear();
        sum.Drops.AddRange(sorted);
    }

    // An older relay does not send the number of handshakes.
    private static ulong Mean(Edge a, Edge b)
    {
        UInt128 first = Weight(a), second = Weight(b);
        return first + second == 0 ? 0 : (ulong)(((a.HandshakeMeanNs * first) + (b.HandshakeMeanNs * second)) / (first + second));
    }

    private static ulong Weight(Edge edge) => edge.HandshakeMeanNs == 0 ? 0 : edge.Handshakes > 0 ? edge.Handshakes : edge.Forwarded;

    private static long Earlier(long a, long b) => a == 0 ? b : b == 0 ? a : Math.Min(a, b);

    private readonly record struct Key(EndIdentity Source, EndIdentity Destination, Protocol Protocol, uint Port, bool Probe, bool Own)
    {
        public static Key Of(Edge edge, bool withPorts) => new(
            EndIdentity.Of(edge.Source),
            EndIdentity.Of(edge.Destination),
            withPorts ? edge.Protocol : default,
            withPorts ? edge.Destination?.Port ?? 0 : 0,
            edge.Probe,
            edge.Depmap);
    }
}
