using System.Diagnostics;
using System.Runtime.InteropServices;
using Depmap.Agent.Kernel;
using Depmap.Agent.Records;

namespace Depmap.Bpf.Tests;

/// <summary>Takes records as they come.</summary>
internal static class RecordWait
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>All records of one kind, once there are so many of them or nobody waits longer; others are passed over.</summary>
    /// <param name="counts">Whether a record is one that is waited for.</param>
    public static List<T> WaitFor<T>(this BpfPrograms programs, RecordKind kind, int count = 1, Predicate<T>? counts = null)
        where T : struct
    {
        List<T> all = [];
        long start = Stopwatch.GetTimestamp();
        while (all.Count < count && Stopwatch.GetElapsedTime(start) < Patience)
        {
            programs.Records.Drain(record =>
            {
                if (RecordRing.KindOf(record) == kind && MemoryMarshal.Read<T>(record) is var one && counts?.Invoke(one) != false)
                    all.Add(one);
            });
        }

        return all;
    }
}
