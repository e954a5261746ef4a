using System.Runtime.InteropServices;

namespace Depmap.Plugin.Shell;

/// <summary>stdout or stderr, written with plain write(2).</summary>
/// <remarks>
/// .NET's console streams switch a terminal's keypad to application mode on their first write and do not restore it.
/// FileStream writes at offsets, so two processes that write to one file would overwrite each other.
/// </remarks>
internal sealed class OutputStream : Stream
{
    private const int Out = 1, Err = 2;

    private readonly int _descriptor;

    private OutputStream(int descriptor) => _descriptor = descriptor;

    public static Stream StandardOutput() => OperatingSystem.IsWindows() ? Console.OpenStandardOutput() : new OutputStream(Out);

    public static Stream StandardError() => OperatingSystem.IsWindows() ? Console.OpenStandardError() : new OutputStream(Err);

    /// <summary>
    /// Calls <paramref name="closed"/> once, from its own thread, when the reader of stdout has closed the pipe
    /// (<c>observe -f | head -1</c>), even if nothing is written.
    /// </summary>
    public static void WhenReaderCloses(Action closed)
    {
        // Windows has no poll(2) for pipes.
        if (OperatingSystem.IsWindows() || !Console.IsOutputRedirected)
            return;

        var watch = new Thread(() => Watch(closed), maxStackSize: 128 * 1024) { IsBackground = true, Name = "stdout" };
        watch.Start();
    }

    public override bool CanWrite => true;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

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
            else if (error != Libc.Interrupted)
                throw new IOException(Marshal.GetPInvokeErrorMessage(error));
        }
    }

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private static void Watch(Action closed)
    {
        // Linux reports an error, macOS a hang-up. Without requested events, poll(2) returns for nothing else.
        if ((Libc.Wait(Out, events: 0) & (Libc.Error | Libc.HangUp)) != 0)
            closed();
    }
}
