using System.Runtime.InteropServices;

namespace Depmap.Bpf.Tests;

/// <summary>System calls that only the tests use.</summary>
internal static unsafe partial class KernelCalls
{
    private const int BpfCall = 321; // x86-64; 280 on arm64

    public enum Command
    {
        UpdateElement = 2,
        ProgramTestRun = 10,
        MapDescriptorById = 14,
        ObjectInfo = 15,
    }

    /// <returns>Negative on failure; errno is kept.</returns>
    public static nint Bpf(Command command, void* attributes, int size) =>
        SystemCall(RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 280 : BpfCall, (int)command, attributes, size);

    /// <summary>Pins the calling thread to a CPU, so that its packets use one part of the flow cache.</summary>
    public static void PinTo(int cpu)
    {
        ulong mask = 1UL << cpu;
        Check(SetAffinity(0, sizeof(ulong), &mask), "sched_setaffinity");
    }

    /// <summary>
    /// Sends a frame unchanged. From 4096 bytes on, all but its first 14 bytes are in pages (af_packet.c, packet_snd).
    /// </summary>
    public static void SendFrame(int interfaceIndex, ReadOnlySpan<byte> frame)
    {
        const int family = 17, raw = 3;
        int socket = Socket(family, raw, 0);
        Check(socket, "socket");
        try
        {
            byte* address = stackalloc byte[20]; // struct sockaddr_ll
            *(ushort*)address = family;
            *(int*)(address + 4) = interfaceIndex;
            address[11] = 6;
            fixed (byte* start = frame)
                Check((int)SendTo(socket, start, (nuint)frame.Length, 0, address, 20), "sendto");
        }
        finally
        {
            _ = Close(socket);
        }
    }

    public static void Check(nint result, string call)
    {
        if (result < 0)
            throw new InvalidOperationException($"{call}: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    /// <summary>CLOCK_MONOTONIC as of the last tick, in ns (clock_gettime(2), CLOCK_MONOTONIC_COARSE).</summary>
    public static long TimeOfTick()
    {
        const int monotonicCoarse = 6;
        long* time = stackalloc long[2];
        return ClockGetTime(monotonicCoarse, time) == 0
            ? (time[0] * 1_000_000_000) + time[1]
            : throw new InvalidOperationException("clock_gettime failed");
    }

    [LibraryImport("c", EntryPoint = "clock_gettime")]
    private static partial int ClockGetTime(int clock, long* time);

    [LibraryImport("c", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint SystemCall(nint number, nint command, void* attributes, nint size);

    [LibraryImport("c", EntryPoint = "sched_setaffinity", SetLastError = true)]
    private static partial int SetAffinity(int thread, nuint size, ulong* mask);

    [LibraryImport("c", EntryPoint = "socket", SetLastError = true)]
    private static partial int Socket(int family, int type, int protocol);

    [LibraryImport("c", EntryPoint = "sendto", SetLastError = true)]
    private static partial nint SendTo(int socket, byte* data, nuint size, int flags, byte* address, uint addressSize);

    [LibraryImport("c", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
