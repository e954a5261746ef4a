using System.Runtime.InteropServices;

namespace Depmap.Plugin.Shell;

/// <summary>stdout or stderr, by write(2) alone.</summary>
/// <remarks>
/// .NET's own console streams switch a terminal's keypad to application mode on their first write, and leave it so.
/// Its FileStream writes by offset, so that two runs into one file would overwrite each other.
/// </remarks>
internal sealed class OutputStream : Stream
{
    private const int Out = 1, Err = 2;

    private readonly int _descriptor;

    private OutputStream(int descriptor) => _descriptor = descriptor;

    public static Stream StandardOutput() => OperatingSystem.IsWindows() ? Console.OpenStandardOutput() : new OutputStream(Out);

    public static Stream StandardError() => OperatingSystem.IsWindows() ? Console.OpenStandardError() : new OutputStream(Err);

    /// <summary>
    /// Calls <paramref name="gone"/> once, from a thread of its own, when the reader of stdout has left
    /// (<c>observe -f | head -1</c>), also while nothing is written.
    /// </summary>
    public static void WhenReaderLeaves(Action gone)
    {
        // Windows has no poll(2) for pipes.
        if (OperatingSystem.IsWindows() || !Console.IsOutputRedirected)
            return;

        var watch = new Thread(() => Watch(gone), maxStackSize: 128 * 1024) { IsBackground = true, Name = "stdout" };
        watch.Start();
    }

    public override bool CanWrite => true;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <exception cref="IOException">The disk is full, or the like. A reader that left is no error.</exception>
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

    private static void Watch(Action gone)
    {
        // Linux says error, macOS hang-up. With no event asked for, poll(2) returns for nothing else.
        if ((Libc.Wait(Out, wanted: 0) & (Libc.Error | Libc.HangUp)) != 0)
            gone();
    }
}
