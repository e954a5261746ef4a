using Depmap.Agent.Connections;
using Depmap.Agent.Records;

namespace Depmap.Agent.Tests.Connections;

/// <summary>
/// A model of bpf/flow.h with so few slots that flows evict each other: packets in, moments and growth out. Records wait in a
/// ring until it is drained; slots may be read before it was drained, as in the agent.
/// </summary>
internal sealed class FlowCacheModel(ConnectionTracker tracker, int slotsPerCpu)
{
    private const long CoarseTick = 4_000_000;

    private readonly Dictionary<(int Cpu, int Index), Slot> _slots = [];
    private readonly Queue<Action> _ring = new();

    public void Count(TracedPacket packet)
    {
        long now = Trace.UnixTime(packet.Ms) - Trace.BootTime;
        long coarse = now - now % CoarseTick;
        (int, int) index = (packet.Cpu, (packet.Key.PodPort.Number + packet.Key.PeerPort.Number) % slotsPerCpu);
        if (!_slots.TryGetValue(index, out Slot? slot) || !slot.IsOf(packet) || slot.IsOver(packet, coarse))
        {
            if (slot is not null)
                Evict(slot);
            _slots[index] = slot = new Slot(packet.Key, packet.Protocol);
        }

        ref Side side = ref slot.Sides[(int)packet.Direction];
        FlowFlags seen = side.Flags;
        side = new(seen | packet.Flags | FlowFlags.Seen, side.Packets + 1, side.Bytes + packet.Bytes);
        slot.Last = coarse;
        if (!packet.MomentLost && IsMoment(packet, seen))
            _ring.Enqueue(() => EmitMoment(packet, now));
    }

    public void Drain()
    {
        while (_ring.TryDequeue(out Action? record))
            record();
    }

    public void Scan()
    {
        foreach (Slot slot in _slots.Values)
        {
            if (slot.TakeGrowth() is { } growth)
                tracker.OnGrowth(in growth);
        }
    }

    private void Evict(Slot slot)
    {
        if (slot.TakeGrowth() is { } growth)
            _ring.Enqueue(() => tracker.OnGrowth(in growth));
    }

    private void EmitMoment(TracedPacket packet, long time)
    {
        Moment moment = new()
        {
            Protocol = packet.Protocol,
            Direction = packet.Direction,
            Flags = packet.Flags | FlowFlags.Seen,
            Time = time,
            Key = packet.Key,
            TcpSequence = packet.Sequence,
            TcpAcknowledgement = packet.Acknowledgement,
        };
        tracker.OnMoment(in moment);
    }

    private static bool IsMoment(TracedPacket packet, FlowFlags seen)
    {
        if (packet.Protocol == TransportProtocol.Udp)
            return seen == 0;
        if ((packet.Flags & (FlowFlags.Syn | FlowFlags.Fin | FlowFlags.Rst)) != 0)
            return true;
        return packet.Flags.HasFlag(FlowFlags.Ack) && seen.HasFlag(FlowFlags.Syn) && !seen.HasFlag(FlowFlags.Ack);
    }

    private readonly record struct Side(FlowFlags Flags, uint Packets, ulong Bytes);

    private sealed class Slot(FlowKey key, TransportProtocol protocol)
    {
        public Side[] Sides { get; } = new Side[2];

        public long Last { get; set; }

        public bool IsOf(TracedPacket packet) => packet.Key == key && packet.Protocol == protocol;

        public bool IsOver(TracedPacket packet, long now)
        {
            if (protocol == TransportProtocol.Udp)
                return now - Last > Timing.UdpIdleTimeout;
            if (!packet.Flags.HasFlag(FlowFlags.Syn))
                return false;
            if (((Sides[0].Flags | Sides[1].Flags) & (FlowFlags.Fin | FlowFlags.Rst)) != 0)
                return true;
            return !packet.Flags.HasFlag(FlowFlags.Ack) && Sides[(int)packet.Direction].Flags.HasFlag(FlowFlags.Ack);
        }

        /// <summary>As in FlowCache: all flags so far, and the counts since the last read.</summary>
        public FlowGrowth? TakeGrowth()
        {
            (Side from, Side to) = (Sides[0], Sides[1]);
            if ((from.Packets | to.Packets) == 0)
                return null;
            Sides[0] = new(from.Flags, 0, 0);
            Sides[1] = new(to.Flags, 0, 0);
            return new(key, protocol, from.Flags, to.Flags, Last, from.Bytes, to.Bytes, from.Packets, to.Packets);
        }
    }
}
