using System.Runtime.InteropServices;

namespace Depmap.Plugin.Shell;

/// <summary>Functions of the C library on Linux and macOS that .NET has no suitable equivalent for.</summary>
internal static partial class Libc
{
    /// <summary>A signal interrupted the call: call again.</summary>
    public const int Interrupted = 4; // EINTR

    /// <summary>The reader of a pipe has closed it.</summary>
    public const int BrokenPipe = 32; // EPIPE

    /// <summary>A descriptor that another process has made non-blocking is full: wait for it.</summary>
    public static readonly int Again = OperatingSystem.IsLinux() ? 11 : 35; // EAGAIN

    public const short Writable = 0x004; // POLLOUT
    public const short Error = 0x008;    // POLLERR
    public const short HangUp = 0x010;   // POLLHUP

    /// <summary>Calls poll(2) for one descriptor, without a timeout.</summary>
    /// <param name="events">The events to wait for. Errors and hang-ups are always reported.</param>
    /// <returns>The reported events; 0 if the call failed.</returns>
    public static short Wait(int descriptor, short events)
    {
        var poll = new PollFd { Descriptor = descriptor, Events = events };
        while (Poll(ref poll, 1, Timeout.Infinite) < 0)
        {
            if (Marshal.GetLastPInvokeError() != Interrupted)
                return 0;
        }

        return poll.ReturnedEvents;
    }

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    public static partial nint Write(int descriptor, ReadOnlySpan<byte> bytes, nint count);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(ref PollFd descriptors, nint count, int timeoutMilliseconds);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollFd
    {
        public int Descriptor;
        public short Events;
        public short ReturnedEvents;
    }
}
