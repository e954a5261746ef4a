using CsCheck;
using Depmap.Relay.History;
using Depmap.V1;

namespace Depmap.Relay.Tests.History;

public class GrowthCodecTests
{
    private const long From = 1_777_888_980 * UnixTime.Second;

    private static readonly Gen<EdgeSums> Sums = Gen.Select(
        Gen.Long[1, 1L << 40], Gen.Long, Gen.Long, Gen.Long, Gen.Int[-3, 3], Gen.Int[0, 8], Gen.Long[-UnixTime.Minute, UnixTime.Minute])
        .List[0, 20].Select(entries =>
        {
            var sums = new EdgeSums();
            foreach ((long edge, long toServer, long toClient, long handshake, int forwarded, int dropped, long seen) in entries)
            {
                EdgeSum sum = sums[edge];
                sum.Counts.Forwarded = forwarded;
                sum.Counts.BytesToServer = toServer >> 3;
                sum.Counts.BytesToClient = toClient >> 40;
                sum.Counts.Handshakes = forwarded;
                sum.Counts.HandshakeNs = handshake >> 30;
                sum.Counts.Guessed = dropped / 4;
                sum.Counts.AddDrops((DropReason)dropped, dropped > 3 ? "DETAIL" : "", dropped - sum.Counts.Dropped);
                sum.Counts.Dropped = dropped;
                sum.LastSeen = From + (seen / UnixTime.Millisecond * UnixTime.Millisecond);
            }

            return sums;
        });

    [Fact]
    public void What_was_written_is_read() => Sums.Sample(
        sums =>
        {
            var details = new DetailTable([]);
            var read = new EdgeSums();
            GrowthCodec.AddTo(read, GrowthCodec.Write(sums, From, details), From, details);
            foreach ((long edge, EdgeSum sum) in sums.All.Where(entry => !entry.Value.Counts.IsZero))
                Assert.Equal(Text(sum), Text(read[edge]));
            Assert.Equal(sums.All.Values.Count(sum => !sum.Counts.IsZero), read.All.Count);
        },
        iter: 300);

    [Fact]
    public void Damaged_bytes_are_refused_or_read_as_other_numbers() => Gen.Select(Sums, Gen.Int, Gen.Byte).Sample(
        (sums, position, value) =>
        {
            var details = new DetailTable([]);
            byte[] bytes = GrowthCodec.Write(sums, From, details);
            byte[] changed = [.. bytes];
            changed[(int)((uint)position % (uint)bytes.Length)] = value;
            foreach (byte[] damaged in (byte[][])[changed, bytes[..^1], [.. bytes, 0]])
            {
                try
                {
                    GrowthCodec.AddTo(new EdgeSums(), damaged, From, details);
                    Assert.Equal(bytes.Length, damaged.Length);
                }
                catch (InvalidDataException)
                {
                }
            }
        },
        iter: 300);

    [Fact]
    public void A_typical_edge_takes_little_more_than_a_dozen_bytes()
    {
        var sums = new EdgeSums();
        for (int i = 1; i <= 1000; i++)
        {
            EdgeSum sum = sums[i];
            sum.Counts.Forwarded = 12;
            (sum.Counts.BytesToServer, sum.Counts.BytesToClient) = (40_000, 900_000);
            (sum.Counts.Handshakes, sum.Counts.HandshakeNs) = (12, 12 * 300_000);
            sum.LastSeen = From + (59 * UnixTime.Second);
        }

        Assert.InRange(GrowthCodec.Write(sums, From, new DetailTable([])).Length, 10_000, 18_000);
    }

    private static string Text(EdgeSum sum) => string.Join(
        ' ',
        sum.Counts.Forwarded,
        sum.Counts.Drops.Sum(drop => drop.Value),
        string.Join(',', sum.Counts.Drops.OrderBy(drop => drop.Key)),
        sum.Counts.BytesToServer,
        sum.Counts.BytesToClient,
        sum.Counts.Handshakes,
        sum.Counts.HandshakeNs,
        sum.Counts.Guessed,
        sum.LastSeen);
}
