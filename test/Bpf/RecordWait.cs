using System.Diagnostics;
using System.Runtime.InteropServices;
using Depmap.Agent.Kernel;
using Depmap.Agent.Records;

namespace Depmap.Bpf.Tests;

/// <summary>Waits for records.</summary>
internal static class RecordWait
{
    private static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(3);

    /// <summary>Returns the records of one kind once there are enough of them or the timeout expires; others are discarded.</summary>
    /// <param name="counts">Selects records; null for all.</param>
    public static List<T> WaitFor<T>(this BpfPrograms programs, RecordKind kind, int count = 1, Predicate<T>? counts = null)
        where T : struct
    {
        List<T> all = [];
        long start = Stopwatch.GetTimestamp();
        while (all.Count < count && Stopwatch.GetElapsedTime(start) < WaitTimeout)
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
