using System.Runtime.InteropServices;

namespace Depmap.Plugin.Shell;

/// <summary>stdout or stderr, written with plain write(2).</summary>
/// <remarks>
/// .NET's console streams switch a terminal's keypad to application mode on their first write and do not restore it.
/// FileStream writes at offsets, so two processes that write to one file would overwrite each other.
/// </remarks>
internal sealed class OutputStream : WriteOnlyStream
{
    private readonly int _descriptor;
    private readonly bool _ignoresFailures;

    private OutputStream(int descriptor, bool ignoresFailures) => (_descriptor, _ignoresFailures) = (descriptor, ignoresFailures);

    public static Stream StandardOutput() =>
        OperatingSystem.IsWindows() ? WindowsOutput.StandardOutput() : new OutputStream(Libc.StandardOutput, ignoresFailures: false);

    /// <summary>A failed write is ignored: it could not be reported, and must not change the exit code.</summary>
    public static Stream StandardError() =>
        OperatingSystem.IsWindows() ? WindowsOutput.StandardError() : new OutputStream(Libc.StandardError, ignoresFailures: true);

    /// <summary>
    /// Calls <paramref name="closed"/> once, from its own thread, when the reader of stdout has closed the pipe
    /// (<c>observe -f | head -1</c>), even if nothing is written.
    /// </summary>
    public static void WhenReaderCloses(Action closed)
    {
        // Windows has no poll(2) for pipes: it ends at the next write.
        WindowsOutput.ReaderCloses = closed;
        if (OperatingSystem.IsWindows() || !Console.IsOutputRedirected)
            return;

        var watch = new Thread(() => Watch(closed), maxStackSize: 128 * 1024) { IsBackground = true, Name = "stdout" };
        watch.Start();
    }

    /// <exception cref="IOException">The write failed, for example because the disk is full. A closed pipe is not an error.</exception>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            nint written = Libc.Write(_descriptor, buffer, buffer.Length);
            if (written >= 0)
            {
                buffer = buffer[(int)written..];
                continue;
            }

            int error = Marshal.GetLastPInvokeError();
            if (error == Libc.BrokenPipe)
                return;
            if (error == Libc.Again)
                Libc.Wait(_descriptor, Libc.Writable);
            else if (error != Libc.Interrupted && _ignoresFailures)
                return;
            else if (error != Libc.Interrupted)
                throw new IOException(Marshal.GetPInvokeErrorMessage(error));
        }
    }

    private static void Watch(Action closed)
    {
        // Linux reports an error, macOS a hang-up. Without requested events, poll(2) returns for nothing else.
        if ((Libc.Wait(Libc.StandardOutput, events: 0) & (Libc.Error | Libc.HangUp)) != 0)
            closed();
    }
}
