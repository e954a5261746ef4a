using System.Diagnostics;
using System.Runtime.InteropServices;
using Depmap.Agent.Kernel;
using Depmap.Agent.Records;

namespace Depmap.Bpf.Tests;

/// <summary>Several CPUs write, the agent reads, and flows evict each other: every packet is still counted once.</summary>
public sealed class FlowCacheStressTests
{
    private const int Threads = 4;
    private const int RunsPerThread = 60_000;
    private const int SlotsPerCpu = 64;
    private const int Flows = 300;

    /// <summary>How far the writers may be ahead of the reader. A run writes at most two records, so the ring never fills up.</summary>
    private const int RunsAhead = 3_000;

    private readonly SemaphoreSlim _ahead = new(RunsAhead);
    private long _runs;
    private long _packetsSent;
    private long _bytesSent;
    private long _packetsRead;
    private long _bytesRead;
    private int _growthsFromScans;

    [Fact]
    public void The_growth_adds_up_to_what_was_sent()
    {
        using BpfPrograms programs = LoadedPrograms.Load(SlotsPerCpu);
        int seed = Environment.TickCount;
        Thread[] writers = [.. Enumerable.Range(0, Threads).Select(i => new Thread(() => Write(programs, new Random(seed + i), i)))];
        foreach (Thread writer in writers)
            writer.Start();
        while (writers.Any(writer => writer.IsAlive))
            Read(programs);
        foreach (Thread writer in writers)
            writer.Join();
        for (int i = 0; i < 3; i++) // slots that were being taken are read again
            Read(programs);

        Counters counters = programs.ReadCounters();
        Assert.Equal((0UL, 0UL), (counters.LostMoments, counters.LostEvictions));
        Assert.Equal((0UL, 0UL), (counters.OtherPackets, counters.MalformedPackets));
        Assert.Equal((_packetsSent, _bytesSent), (_packetsRead, _bytesRead));
        Assert.True(_growthsFromScans > 1000, "almost all flows were evicted before a scan: the test covered nothing");
    }

    private void Write(BpfPrograms programs, Random random, int number)
    {
        using TestRun testRun = new();
        KernelCalls.PinTo(number % Environment.ProcessorCount);
        for (int i = 0; i < RunsPerThread; i++)
        {
            int payload = random.Next(100), repeat = random.Next(1, 20);
            byte[] frame = Packet.Ethernet().IPv4("10.0.0.2", "10.0.0.3").Udp(1000 + random.Next(Flows), 53).Payload(payload).ToArray();
            _ahead.Wait();
            testRun.Run(random.Next(2) == 0 ? programs.FromPod : programs.ToPod, frame, repeat: repeat);
            Interlocked.Increment(ref _runs);
            Interlocked.Add(ref _packetsSent, repeat);
            Interlocked.Add(ref _bytesSent, repeat * (28L + payload));
        }
    }

    private void Read(BpfPrograms programs)
    {
        long before = Interlocked.Exchange(ref _runs, 0);
        programs.Records.Drain(record =>
        {
            if (RecordRing.KindOf(record) == RecordKind.Eviction)
                programs.Cache.OnEvicted(MemoryMarshal.Read<Eviction>(record), Add);
        });
        programs.Cache.Scan(Stopwatch.GetTimestamp(), programs.Records.ReachedEnd, (in FlowGrowth growth) =>
        {
            _growthsFromScans++;
            Add(in growth);
        });
        if (before > 0)
            _ahead.Release((int)before);
    }

    private void Add(in FlowGrowth growth)
    {
        _packetsRead += growth.PacketsFromPod + growth.PacketsToPod;
        _bytesRead += (long)(growth.BytesFromPod + growth.BytesToPod);
    }
}
