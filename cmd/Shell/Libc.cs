using System.Runtime.InteropServices;

namespace Depmap.Plugin.Shell;

/// <summary>The calls of Linux's and macOS's C library that .NET has no good form of.</summary>
internal static partial class Libc
{
    /// <summary>A signal came in between: call again.</summary>
    public const int Interrupted = 4; // EINTR

    /// <summary>The reader of a pipe has left.</summary>
    public const int BrokenPipe = 32; // EPIPE

    /// <summary>A descriptor that another process made non-blocking has no room: wait for it.</summary>
    public static readonly int Again = OperatingSystem.IsLinux() ? 11 : 35; // EAGAIN

    public const short Writable = 0x004; // POLLOUT
    public const short Error = 0x008;    // POLLERR
    public const short HangUp = 0x010;   // POLLHUP

    /// <summary>poll(2) of one descriptor, for as long as it takes.</summary>
    /// <param name="wanted">Errors and hang-ups are reported in any case.</param>
    /// <returns>What happened; 0 where the call failed.</returns>
    public static short Wait(int descriptor, short wanted)
    {
        var poll = new PollFd { Descriptor = descriptor, Wanted = wanted };
        while (Poll(ref poll, 1, Timeout.Infinite) < 0)
        {
            if (Marshal.GetLastPInvokeError() != Interrupted)
                return 0;
        }

        return poll.Happened;
    }

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    public static partial nint Write(int descriptor, ReadOnlySpan<byte> bytes, nint count);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(ref PollFd descriptors, nint count, int timeoutMilliseconds);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollFd
    {
        public int Descriptor;
        public short Wanted;
        public short Happened;
    }
}
