using System.Runtime.CompilerServices;
using Depmap.Agent.Records;

namespace Depmap.Agent.Kernel;

/// <summary>
/// Reads the kernel's flow cache in place, without a system call, and turns its totals into growth. Another flow can take a
/// slot at any time: the slot's contents then arrive as an <see cref="Eviction"/>. For each slot the counts consumed so far
/// are kept, so that no packet is counted twice or missed.
/// </summary>
internal sealed unsafe class FlowCache(FlowSlot* slots, int count) : IDisposable
{
    /// <summary>The programs' clock lags by up to a tick (10 ms at 100 Hz), and a virtual CPU may be paused within a packet.</summary>
    private const long ClockLag = 100_000_000;

    private readonly MappedMemory _memory = MappedMemory.Zeroed((nuint)count * (nuint)sizeof(Consumed));
    private readonly Queue<int> _toRevisit = new();
    private long _lastScan;

    public delegate void Handler(in FlowGrowth growth);

    private Consumed* ConsumedOf => (Consumed*)_memory.Start;

    /// <summary>Reports the growth of each slot that counted packets since the last scan. Drain the ring buffer first.</summary>
    /// <param name="now">CLOCK_MONOTONIC, in ns.</param>
    /// <param name="drained">Whether the ring buffer was read to its end: evictions that are still missing were lost.</param>
    /// <param name="handle">Receives the growth.</param>
    public void Scan(long now, bool drained, Handler handle)
    {
        long unchangedBefore = _lastScan - ClockLag;
        int again = _toRevisit.Count;
        for (int i = 0; i < count; i++)
        {
            FlowSlot* slot = slots + i;
            if (slot->Version != 0 && slot->Last >= unchangedBefore && !ConsumedOf[i].ToRevisit)
                ReadSlot(i, drained, handle);
        }

        while (again-- > 0)
        {
            int index = _toRevisit.Dequeue();
            ConsumedOf[index].ToRevisit = false;
            ReadSlot(index, drained, handle);
        }

        _lastScan = now;
    }

    /// <summary>Reports the counts of an evicted flow that no scan has consumed.</summary>
    public void OnEvicted(in Eviction eviction, Handler handle)
    {
        Consumed* consumed = ConsumedOf + eviction.SlotIndex;
        uint version = eviction.Slot.Version;
        if (consumed->Version == version)
        {
            EmitGrowth(consumed, in eviction.Slot, handle);
            Reset(consumed);
            return;
        }

        // No scan saw this owner. If a scan saw a later owner, its counts stay; the eviction of an earlier owner was lost.
        Consumed nothing = default;
        EmitGrowth(&nothing, in eviction.Slot, handle);
        if ((int)(consumed->Version - version) < 0)
            Reset(consumed);
    }

    private void ReadSlot(int index, bool drained, Handler handle)
    {
        Consumed* consumed = ConsumedOf + index;
        if (!TryRead(slots + index, out FlowSlot slot))
        {
            Revisit(index);
            return;
        }

        if (consumed->Version != slot.Version)
        {
            // The slot has a new owner. The old owner's eviction is in the ring buffer and needs the consumed counts. If it has
            // not arrived by the next scan after a complete drain, it was lost.
            if (consumed->Version != 0 && !(consumed->EvictionPending && drained))
            {
                consumed->EvictionPending = true;
                Revisit(index);
                return;
            }

            *consumed = new Consumed { Version = slot.Version };
        }

        EmitGrowth(consumed, in slot, handle);
    }

    /// <summary>Reads the slot again in the next scan. Reading it twice in one scan would report an eviction as lost too soon.</summary>
    private void Revisit(int index)
    {
        ConsumedOf[index].ToRevisit = true;
        _toRevisit.Enqueue(index);
    }

    private static void Reset(Consumed* consumed) => *consumed = new Consumed { ToRevisit = consumed->ToRevisit };

    private static void EmitGrowth(Consumed* consumed, in FlowSlot slot, Handler handle)
    {
        FlowGrowth growth = new(
            slot.Key,
            slot.Protocol,
            slot.FlagsFromPod,
            slot.FlagsToPod,
            slot.Last,
            slot.BytesFromPod - consumed->BytesFromPod,
            slot.BytesToPod - consumed->BytesToPod,
            slot.PacketsFromPod - consumed->PacketsFromPod,
            slot.PacketsToPod - consumed->PacketsToPod);
        consumed->BytesFromPod = slot.BytesFromPod;
        consumed->BytesToPod = slot.BytesToPod;
        consumed->PacketsFromPod = slot.PacketsFromPod;
        consumed->PacketsToPod = slot.PacketsToPod;

        // A packet may be half counted: its bytes are reported now, the packet with the next scan.
        if ((growth.PacketsFromPod | growth.PacketsToPod | growth.BytesFromPod | growth.BytesToPod) != 0)
            handle(in growth);
    }

    /// <summary>If the slot is taken during the read, its version is odd or different afterwards.</summary>
    private static bool TryRead(FlowSlot* slot, out FlowSlot copy)
    {
        uint version = Volatile.Read(ref slot->Version);
        copy = Unsafe.ReadUnaligned<FlowSlot>(slot);
        Interlocked.MemoryBarrier();
        return version % 2 == 0 && Volatile.Read(ref slot->Version) == version && copy.Version == version;
    }

    public void Dispose() => _memory.Dispose();

    private struct Consumed
    {
        public uint Version;
        public bool EvictionPending;

        /// <summary>The slot is queued to be read again.</summary>
        public bool ToRevisit;
        public uint PacketsFromPod;
        public uint PacketsToPod;
        public ulong BytesFromPod;
        public ulong BytesToPod;
    }
}
