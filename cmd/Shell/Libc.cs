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

    public const int StandardOutput = 1;
    public const int StandardError = 2;

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

    /// <summary>Calls ioctl(2) for the size of a terminal's window.</summary>
    /// <returns>0 if it succeeded.</returns>
    public static int GetWindowSize(int descriptor, ref ulong size)
    {
        nuint request = OperatingSystem.IsLinux() ? 0x5413u : 0x40087468; // TIOCGWINSZ
        return OperatingSystem.IsMacOS() && RuntimeInformation.ProcessArchitecture == Architecture.Arm64
            ? Ioctl(descriptor, request, 0, 0, 0, 0, 0, 0, ref size)
            : Ioctl(descriptor, request, ref size);
    }

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Ioctl(int descriptor, nuint request, ref ulong size);

    // Apple's processors take the variable arguments of a function from the stack, behind the eight that fit in registers.
    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Ioctl(
        int descriptor, nuint request, nint third, nint fourth, nint fifth, nint sixth, nint seventh, nint eighth, ref ulong size);
    /// <summary>Sets an environment variable for libraries. Those that .NET sets are its own.</summary>
    [LibraryImport("libc", EntryPoint = "setenv", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int SetEnvironment(string name, string value, int overwrite);

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
