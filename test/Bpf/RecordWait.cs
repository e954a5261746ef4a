using System.Diagnostics;
using System.Runtime.InteropServices;
using Depmap.Agent.Kernel;

namespace Depmap.Bpf.Tests;

/// <summary>Takes records as they come.</summary>
internal static class RecordWait
{
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(3);

    /// <summary>All records of one kind, once there are so many of them or nobody waits longer; others are passed over.</summary>
    public static List<T> WaitFor<T>(this BpfPrograms programs, RecordKind kind, int count = 1)
        where T : struct
    {
        List<T> all = [];
        long start = Stopwatch.GetTimestamp();
        while (all.Count < count && Stopwatch.GetElapsedTime(start) < patience)
        {
            programs.Records.Drain(record =>
            {
                if (RecordRing.KindOf(record) == kind)
                    all.Add(MemoryMarshal.Read<T>(record));
            });
        }

        return all;
    }
}
