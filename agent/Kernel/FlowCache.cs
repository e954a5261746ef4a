using System.Runtime.CompilerServices;
using Depmap.Agent.Records;

namespace Depmap.Agent.Kernel;

/// <summary>
/// Reads the kernel's flow cache in place, without a system call, and turns its totals into growth. A slot changes hands
/// at any time: what it held comes as an <see cref="Eviction"/>, and for each slot it is remembered what was taken so
/// far, so that no packet is counted twice or left out.
/// </summary>
internal sealed unsafe class FlowCache(FlowSlot* slots, int count) : IDisposable
{
    /// <summary>The programs' clock lags by a tick (10 ms at 100 Hz), and a virtual CPU may stand still in mid-packet.</summary>
    private const long ClockLag = 100_000_000;

    private readonly MappedMemory _memory = MappedMemory.Zeroed((nuint)count * (nuint)sizeof(Taken));
    private readonly Queue<int> _unfinished = new();
    private long _lastScan;

    public delegate void Handler(in FlowGrowth growth);

    private Taken* TakenOf => (Taken*)_memory.Start;

    /// <summary>Gives the growth of each slot that saw packets since the last scan. Drain the ring first.</summary>
    /// <param name="now">CLOCK_MONOTONIC, ns.</param>
    /// <param name="drained">Whether the ring was read to its end: an eviction that is not known by now was lost.</param>
    /// <param name="handle">Receives the growth.</param>
    public void Scan(long now, bool drained, Handler handle)
    {
        long unchangedBefore = _lastScan - ClockLag;
        int again = _unfinished.Count;
        for (int i = 0; i < count; i++)
        {
            FlowSlot* slot = slots + i;
            if (slot->Version != 0 && slot->Last >= unchangedBefore && !TakenOf[i].Unfinished)
                Look(i, drained, handle);
        }

        while (again-- > 0)
        {
            int index = _unfinished.Dequeue();
            TakenOf[index].Unfinished = false;
            Look(index, drained, handle);
        }

        _lastScan = now;
    }

    /// <summary>Gives what an evicted flow had counted and no scan has taken.</summary>
    public void Evicted(in Eviction eviction, Handler handle)
    {
        Taken* taken = TakenOf + eviction.SlotIndex;
        uint version = eviction.Slot.Version;
        if (taken->Version == version)
        {
            Grow(taken, in eviction.Slot, handle);
            Forget(taken);
            return;
        }

        // No scan saw this owner. One after it may have been seen already: that stays. One before it had its eviction lost.
        Taken nothing = default;
        Grow(&nothing, in eviction.Slot, handle);
        if ((int)(taken->Version - version) < 0)
            Forget(taken);
    }

    private void Look(int index, bool drained, Handler handle)
    {
        Taken* taken = TakenOf + index;
        if (!TryRead(slots + index, out FlowSlot slot))
        {
            ComeBackTo(index);
            return;
        }

        if (taken->Version != slot.Version)
        {
            // The slot has a new owner. The eviction of the old one is on its way through the ring, and needs what was
            // taken; only if it has not come by the next scan that follows a whole drain was it lost.
            if (taken->Version != 0 && !(taken->EvictionAwaited && drained))
            {
                taken->EvictionAwaited = true;
                ComeBackTo(index);
                return;
            }

            *taken = new Taken { Version = slot.Version };
        }

        Grow(taken, in slot, handle);
    }

    /// <summary>With the next scan, and once only: two looks in one scan would take an eviction for lost too soon.</summary>
    private void ComeBackTo(int index)
    {
        TakenOf[index].Unfinished = true;
        _unfinished.Enqueue(index);
    }

    private static void Forget(Taken* taken) => *taken = new Taken { Unfinished = taken->Unfinished };

    private static void Grow(Taken* taken, in FlowSlot slot, Handler handle)
    {
        FlowGrowth growth = new(
            slot.Key,
            slot.Protocol,
            slot.FlagsFromPod,
            slot.FlagsToPod,
            slot.Last,
            slot.BytesFromPod - taken->BytesFromPod,
            slot.BytesToPod - taken->BytesToPod,
            slot.PacketsFromPod - taken->PacketsFromPod,
            slot.PacketsToPod - taken->PacketsToPod);
        taken->BytesFromPod = slot.BytesFromPod;
        taken->BytesToPod = slot.BytesToPod;
        taken->PacketsFromPod = slot.PacketsFromPod;
        taken->PacketsToPod = slot.PacketsToPod;

        // A packet may be half counted at this moment: its bytes now, itself with the next scan.
        if ((growth.PacketsFromPod | growth.PacketsToPod | growth.BytesFromPod | growth.BytesToPod) != 0)
            handle(in growth);
    }

    /// <summary>A slot that changes hands while it is read has an odd or another version afterwards.</summary>
    private static bool TryRead(FlowSlot* slot, out FlowSlot copy)
    {
        uint version = Volatile.Read(ref slot->Version);
        copy = Unsafe.ReadUnaligned<FlowSlot>(slot);
        Interlocked.MemoryBarrier();
        return version % 2 == 0 && Volatile.Read(ref slot->Version) == version && copy.Version == version;
    }

    public void Dispose() => _memory.Dispose();

    private struct Taken
    {
        public uint Version;
        public bool EvictionAwaited;

        /// <summary>Whether the slot is to be come back to.</summary>
        public bool Unfinished;
        public uint PacketsFromPod;
        public uint PacketsToPod;
        public ulong BytesFromPod;
        public ulong BytesToPod;
    }
}
