using Depmap.Agent.Records;

namespace Depmap.Bpf.Tests;

/// <summary>Packets with random changes; a failure prints the seed.</summary>
public sealed class MutationTests(LoadedPrograms loaded) : PacketTest(loaded)
{
    private const int Packets = 100_000;
    private const int DrainInterval = 2_000;

    private static readonly byte[][] Originals =
    [
        TcpFromPod().Syn().Payload(20).ToArray(),
        UdpFromPod().Payload(40).ToArray(),
        Packet.Ethernet().IPv4(Pod, Peer, options: 12).Tcp(PodPort, PeerPort, options: 12).Ack().ToArray(),
        Packet.Ethernet().Vlan(1, 0x88a8).Vlan(2).IPv4(Pod, Peer).Udp(PodPort, PeerPort).ToArray(),
        IPv6FromPod().Tcp(PodPort, PeerPort).Syn().ToArray(),
        IPv6FromPod().HopByHop().Routing().DestinationOptions().Authentication().Udp(PodPort, PeerPort).ToArray(),
        IPv6FromPod().Fragment(1, 0, more: true).Udp(PodPort, PeerPort).Payload(50).ToArray(),
        IPv6FromPod().Fragment(1, 64, more: false).Protocol(17).ToArray(),
        Packet.Ethernet().IPv4(Pod, Peer, id: 1, moreFragments: true).Udp(PodPort, PeerPort).Payload(50).ToArray(),
        Packet.Ethernet().IPv4(Pod, Peer, id: 1, fragmentOffset: 64).Protocol(17).ToArray(),
        IPv4FromPod().Icmp(3, 3, Packet.Inner().IPv4(Peer, Pod).Udp(PeerPort, PodPort)).ToArray(),
        IPv6FromPod().IcmpV6(1, 3, Packet.Inner().IPv6(Peer6, Pod6).HopByHop().Tcp(PeerPort, PodPort)).ToArray(),
        IPv4FromPod().Icmp(8, 0).ToArray(),
        Packet.Ethernet().Type(0x0806).Payload(28).ToArray(),
        IPv6FromPod().HopByHop(20).Payload(1800).ToArray(),
    ];

    /// <summary>Values at which parsers branch: lengths, protocols, types.</summary>
    private static readonly byte[] BoundaryBytes =
        [0, 1, 3, 4, 5, 6, 8, 17, 43, 44, 51, 58, 60, 0x0f, 0x40, 0x45, 0x60, 0x81, 0x86, 0x88, 0xa8, 0xdd, 0xff];

    [Fact]
    public void Every_packet_continues_and_is_counted_exactly_once()
    {
        int seed = Environment.TickCount;
        try
        {
            CountAll(new Random(seed));
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"seed {seed}: {e.Message}", e);
        }
    }

    private void CountAll(Random random)
    {
        Span<byte> frame = stackalloc byte[TestRun.MaxFrameLength];
        ulong run = 0;
        KernelCalls.PinTo(0);
        for (int i = 0; i < Packets; i++)
        {
            ReadOnlySpan<byte> original = Originals[random.Next(Originals.Length)];
            original.CopyTo(frame);
            int length = Mutate(random, frame[..original.Length]);
            int program = random.Next(2) == 0 ? Loaded.Programs.FromPod : Loaded.Programs.ToPod;
            if (!Loaded.TestRun.TryRun(program, frame[..length], default, repeat: 1, out TestRun.Result result))
                continue;
            run++;
            Assert.Equal(Next, result.Verdict);
            Assert.True(Loaded.TestRun.FrameOut(length).SequenceEqual(frame[..length]), "the program changed the packet");
            if (i % DrainInterval == 0)
                _ = Moments;
        }

        FlowSlot[] slots = [.. Flows, .. Evictions.Select(eviction => eviction.Slot)];
        Assert.All(slots, AssertPossible);
        Assert.All(Moments, moment => Assert.True(moment.Protocol is TransportProtocol.Tcp or TransportProtocol.Udp));
        Assert.Equal((0UL, 0UL), (Counted.LostMoments, Counted.LostEvictions));
        ulong inFlows = (ulong)slots.Sum(slot => (long)slot.PacketsFromPod + slot.PacketsToPod);
        ulong errors = (ulong)Moments.Count(moment => moment.Icmp != 0);
        Assert.InRange(run, Packets * 8UL / 10, (ulong)Packets);
        Assert.Equal(run, inFlows + errors + Counted.OtherPackets + Counted.MalformedPackets);
        Assert.InRange(slots.Length, Packets / 20, Packets); // not all packets were malformed
    }

    private static int Mutate(Random random, Span<byte> frame)
    {
        for (int changes = random.Next(6); changes > 0; changes--)
        {
            frame[random.Next(Math.Min(frame.Length, 110))] =
                random.Next(2) == 0 ? (byte)random.Next(256) : BoundaryBytes[random.Next(BoundaryBytes.Length)];
        }

        return random.Next(4) == 0 ? random.Next(15, frame.Length + 1) : frame.Length;
    }

    private static void AssertPossible(FlowSlot slot)
    {
        Assert.True(slot.Protocol is TransportProtocol.Tcp or TransportProtocol.Udp);
        Assert.Equal(0u, slot.Version % 2);
        AssertPossible(slot.PacketsFromPod, slot.BytesFromPod, slot.FlagsFromPod);
        AssertPossible(slot.PacketsToPod, slot.BytesToPod, slot.FlagsToPod);
        Assert.True(slot.PacketsFromPod + slot.PacketsToPod > 0);
    }

    private static void AssertPossible(uint packets, ulong bytes, FlowFlags flags)
    {
        Assert.Equal(packets == 0, flags == FlowFlags.None);
        Assert.InRange(bytes, packets * 20UL, packets * (ulong)TestRun.MaxFrameLength);
    }
}
