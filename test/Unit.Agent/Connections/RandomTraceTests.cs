using System.Net;
using CsCheck;
using Depmap.Agent.Records;
using Depmap.V1;

namespace Depmap.Agent.Tests.Connections;

/// <summary>
/// Random well-formed traffic, with packets on any CPU, is reported as it was. Clients have low ports and servers high ones, so
/// that guessing by ports would be wrong.
/// </summary>
public class RandomTraceTests
{
    private const int Cpus = 3;
    private const int SlotsPerCpu = 2;
    private const int DrainEveryMs = 20;

    private static readonly Gen<Segment> GenSegment =
        from ms in Gen.Int[0, 300]
        from cpu in Gen.Int[0, Cpus - 1]
        from bytes in Gen.UInt[52, 1500]
        from byClient in Gen.Bool
        from isLost in Gen.Int[0, 4]
        select new Segment(ms, cpu, bytes, byClient, isLost == 0);

    /// <summary>The first 7 segments are those that every TCP connection has.</summary>
    private static readonly Gen<Conversation> GenConversation =
        from isTcp in Gen.Bool
        from quietMs in Gen.Int[0, 90_000]
        from segments in GenSegment.Array[8, 20]
        select new Conversation(isTcp, quietMs, segments);

    private static readonly Gen<EndpointPair> GenEndpointPair =
        from podIsClient in Gen.Bool
        from conversations in GenConversation.Array[1, 4]
        select new EndpointPair(podIsClient, conversations);

    [Fact]
    public void No_connection_is_reversed_duplicated_or_miscounted()
    {
        GenEndpointPair.Array[1, 6].Sample(
            pairs =>
            {
                (List<Truth> truths, IReadOnlyList<Sighting> sightings) = Play(pairs, losing: false);

                Assert.Equal(truths.Count, sightings.Count);
                foreach (Truth truth in truths)
                {
                    Sighting sighting = Assert.Single(sightings, truth.IsOf);
                    Assert.Equal(truth.Expected, Reported.Of(sighting));
                    Assert.True(sighting.Ended);
                    Assert.Equal(truth.Replied ? State.Established : State.OneWay, sighting.State);
                }
            },
            iter: 2000);
    }

    [Fact]
    public void Lost_moments_never_duplicate_or_reverse_a_connection()
    {
        GenEndpointPair.Array[1, 6].Sample(
            pairs =>
            {
                (List<Truth> truths, IReadOnlyList<Sighting> sightings) =
                    Play([.. pairs.Select(pair => pair with { Conversations = pair.Conversations[..1] })], losing: true);

                foreach (Truth truth in truths)
                {
                    List<Sighting> reported = [.. sightings.Where(truth.HasEndsOf)];
                    Assert.InRange(reported.Count, truth.OpeningLost ? 0 : 1, 1);
                    if (!truth.OpeningLost)
                        Assert.Equal(truth.Expected, Reported.Of(reported[0]));
                    else if (reported is [{ Guessed: false, Protocol: Protocol.Tcp } sighting])
                        Assert.Equal(truth.Expected.Side, sighting.Side);
                }
            },
            iter: 2000);
    }

    private static (List<Truth> Truths, IReadOnlyList<Sighting> Sightings) Play(EndpointPair[] pairs, bool losing)
    {
        List<Truth> truths = [];
        List<TracedPacket> packets = [];
        for (int i = 0; i < pairs.Length; i++)
            pairs[i].Play(i, truths, packets);

        Trace net = new();
        FlowCacheModel kernel = new(net.Tracker, SlotsPerCpu);
        double second = 1000, last = 0;
        void PassUntil(double ms)
        {
            for (; second <= ms; second += 1000)
            {
                // Counts may be read before the last packet's record, if the ring was drained just before that packet.
                if (second - last > DrainEveryMs)
                    kernel.Drain();
                kernel.Scan();
                net.Time(second).Report();
                kernel.Drain();
            }
        }

        foreach (TracedPacket packet in packets.OrderBy(packet => packet.Ms))
        {
            PassUntil(packet.Ms);
            kernel.Drain();
            net.Report();
            kernel.Count(losing ? packet : packet with { MomentLost = false });
            last = packet.Ms;
        }

        PassUntil(second + 70_000);
        return (truths, net.Sightings);
    }

    private sealed record Segment(int Ms, int Cpu, uint Bytes, bool ByClient, bool MomentLost);

    /// <param name="QuietMs">Additional silence before this conversation.</param>
    private sealed record Conversation(bool IsTcp, int QuietMs, Segment[] Segments);

    /// <summary>Conversations between the same ends, one after the other.</summary>
    private sealed record EndpointPair(bool PodIsClient, Conversation[] Conversations)
    {
        public void Play(int number, List<Truth> truths, List<TracedPacket> packets)
        {
            Port client = Port.From(1000 + number), server = Port.From(40_000);
            Address pod = Address.From(IPAddress.Parse("10.244.0.2")), peer = Address.From(IPAddress.Parse("10.244.1.3"));
            FlowKey key = new(pod, peer, PodIsClient ? client : server, PodIsClient ? server : client, 7);
            double ms = 0;
            foreach (Conversation conversation in Conversations)
            {
                // UDP needs a minute of silence, TCP the time until the last counts of the previous connection were read.
                ms += conversation.QuietMs + (conversation.IsTcp ? 3000 : 61_000);
                int first = packets.Count;
                uint sequence = (uint)(number * 1_000_000_000 + packets.Count * 1_000_000);
                for (int i = 0; i < conversation.Segments.Length; i++)
                {
                    Segment segment = conversation.Segments[i];
                    ms += i == 0 ? 0 : segment.Ms + 0.01;
                    (bool byClient, FlowFlags flags) = conversation.IsTcp
                        ? Step(i, conversation.Segments)
                        : (i == 0 || segment.ByClient, FlowFlags.None);
                    packets.Add(new(
                        ms, segment.Cpu, key, conversation.IsTcp ? TransportProtocol.Tcp : TransportProtocol.Udp,
                        byClient == PodIsClient ? Direction.FromPod : Direction.ToPod, flags, segment.Bytes,
                        sequence, sequence + 1, segment.MomentLost));
                }

                truths.Add(Truth.Of(packets[first..], PodIsClient));
            }
        }

        /// <summary>SYN, SYN-ACK, ACK, data, FIN, FIN, ACK; the side of the fourth segment closes first.</summary>
        private static (bool ByClient, FlowFlags Flags) Step(int i, Segment[] segments)
        {
            bool clientCloses = segments[3].ByClient;
            return (segments.Length - i) switch
            {
                1 => (clientCloses, FlowFlags.Ack),
                2 => (!clientCloses, FlowFlags.Fin | FlowFlags.Ack),
                3 => (clientCloses, FlowFlags.Fin | FlowFlags.Ack),
                _ when i == 0 => (true, FlowFlags.Syn),
                _ when i == 1 => (false, FlowFlags.Syn | FlowFlags.Ack),
                _ when i == 2 => (true, FlowFlags.Ack),
                _ => (segments[i].ByClient, FlowFlags.Ack),
            };
        }
    }

    private sealed record Truth(FlowKey Key, TransportProtocol Transport, long Opened, bool Replied, bool OpeningLost, Reported Expected)
    {
        public static Truth Of(List<TracedPacket> packets, bool podIsClient)
        {
            TracedPacket opening = packets[0];
            List<TracedPacket> sent = packets.FindAll(packet => packet.Direction == opening.Direction);
            List<TracedPacket> replies = packets.FindAll(packet => packet.Direction != opening.Direction);
            Reported reported = new(
                podIsClient ? Side.Client : Side.Server, false,
                (ulong)sent.Sum(packet => packet.Bytes), (ulong)replies.Sum(packet => packet.Bytes));
            return new(opening.Key, opening.Protocol, Trace.UnixTime(opening.Ms), replies.Count > 0, opening.MomentLost, reported);
        }

        public bool IsOf(Sighting sighting) => HasEndsOf(sighting) && sighting.OpenedUnixNs == Opened;

        public bool HasEndsOf(Sighting sighting) =>
            (sighting.Protocol == Protocol.Tcp) == (Transport == TransportProtocol.Tcp)
            && sighting.ClientPort + sighting.ServerPort == (uint)(Key.PodPort.Number + Key.PeerPort.Number);
    }

    private sealed record Reported(Side Side, bool Guessed, ulong BytesToServer, ulong BytesToClient)
    {
        public static Reported Of(Sighting sighting) =>
            new(sighting.Side, sighting.Guessed, sighting.BytesToServer, sighting.BytesToClient);
    }
}
