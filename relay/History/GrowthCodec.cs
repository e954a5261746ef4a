using Depmap.Relay.Map;
using Depmap.V1;

namespace Depmap.Relay.History;

/// <summary>
/// The growth of all edges in a period as bytes: a dozen for an edge, a third of what a row of a table takes. Integers have seven bits
/// per byte, as in Protocol Buffers; those that may be negative are zigzag-coded.
/// </summary>
internal static class GrowthCodec
{
    [Flags]
    private enum Fields : byte
    {
        None = 0,
        Forwarded = 1,
        BytesToServer = 2,
        BytesToClient = 4,
        Handshakes = 8,
        Guessed = 16,
        Drops = 32,
        All = 63,
    }

    /// <param name="from">When the period began, Unix nanoseconds.</param>
    public static byte[] Write(EdgeSums sums, long from, DetailTable details)
    {
        var bytes = new VarintWriter();
        bytes.Write((ulong)sums.All.Values.Count(sum => !sum.Counts.IsZero));
        long last = 0;
        foreach ((long edge, EdgeSum sum) in sums.All.OrderBy(entry => entry.Key))
        {
            EdgeCounts counts = sum.Counts;
            if (counts.IsZero)
                continue;
            Fields fields = FieldsOf(counts);
            bytes.Write((ulong)(edge - last));
            bytes.Write((ulong)fields);
            bytes.WriteSigned((sum.LastSeen - from) / UnixTime.Millisecond);
            if (fields.HasFlag(Fields.Forwarded))
                bytes.WriteSigned(counts.Forwarded);
            if (fields.HasFlag(Fields.BytesToServer))
                bytes.WriteSigned(counts.BytesToServer);
            if (fields.HasFlag(Fields.BytesToClient))
                bytes.WriteSigned(counts.BytesToClient);
            if (fields.HasFlag(Fields.Handshakes))
            {
                bytes.WriteSigned(counts.Handshakes);
                bytes.WriteSigned(counts.HandshakeNs);
            }

            if (fields.HasFlag(Fields.Guessed))
                bytes.WriteSigned(counts.Guessed);
            if (fields.HasFlag(Fields.Drops))
            {
                bytes.Write((ulong)counts.Drops.Count);
                foreach (((DropReason reason, string detail), long count) in counts.Drops)
                {
                    bytes.Write((ulong)reason);
                    bytes.Write((ulong)details.NumberOf(detail));
                    bytes.WriteSigned(count);
                }
            }

            last = edge;
        }

        return bytes.ToArray();
    }

    /// <summary>Adds the growth of a period to sums.</summary>
    /// <param name="from">When the period began, Unix nanoseconds.</param>
    /// <exception cref="InvalidDataException">The bytes are damaged.</exception>
    public static void AddTo(EdgeSums sums, ReadOnlySpan<byte> data, long from, DetailTable details)
    {
        var bytes = new VarintReader(data);
        ulong count = bytes.Read();
        long edge = 0;
        for (ulong i = 0; i < count; i++)
        {
            edge += (long)bytes.Read();
            ulong read = bytes.Read();
            if (read > (ulong)Fields.All)
                throw new InvalidDataException("unknown fields");
            var fields = (Fields)read;
            EdgeSum sum = sums[edge];
            EdgeCounts counts = sum.Counts;
            sum.LastSeen = Math.Max(sum.LastSeen, from + (bytes.ReadSigned() * UnixTime.Millisecond));
            long flows = 0;
            if (fields.HasFlag(Fields.Forwarded))
                counts.Forwarded += flows = bytes.ReadSigned();
            if (fields.HasFlag(Fields.BytesToServer))
                counts.BytesToServer += bytes.ReadSigned();
            if (fields.HasFlag(Fields.BytesToClient))
                counts.BytesToClient += bytes.ReadSigned();
            if (fields.HasFlag(Fields.Handshakes))
            {
                counts.Handshakes += bytes.ReadSigned();
                counts.HandshakeNs += bytes.ReadSigned();
            }

            if (fields.HasFlag(Fields.Guessed))
                counts.Guessed += bytes.ReadSigned();
            if (fields.HasFlag(Fields.Drops))
                flows += ReadDrops(ref bytes, counts, details);
            if (flows > 0)
                sum.FirstSeen = Math.Min(sum.FirstSeen, from);
        }

        if (!bytes.IsAtEnd)
            throw new InvalidDataException("more bytes than edges");
    }

    private static long ReadDrops(ref VarintReader bytes, EdgeCounts counts, DetailTable details)
    {
        long dropped = 0;
        for (ulong i = bytes.Read(); i > 0; i--)
        {
            var reason = (DropReason)bytes.Read();
            string detail = details.NameOf((long)bytes.Read());
            long count = bytes.ReadSigned();
            counts.AddDrops(reason, detail, count);
            counts.Dropped += count;
            dropped += count;
        }

        return dropped;
    }

    // Each dropped flow has a reason, so that the sum is not needed.
    private static Fields FieldsOf(EdgeCounts counts) =>
        (counts.Forwarded != 0 ? Fields.Forwarded : Fields.None)
        | (counts.BytesToServer != 0 ? Fields.BytesToServer : Fields.None)
        | (counts.BytesToClient != 0 ? Fields.BytesToClient : Fields.None)
        | ((counts.Handshakes | counts.HandshakeNs) != 0 ? Fields.Handshakes : Fields.None)
        | (counts.Guessed != 0 ? Fields.Guessed : Fields.None)
        | (counts.Drops.Count > 0 ? Fields.Drops : Fields.None);
}
