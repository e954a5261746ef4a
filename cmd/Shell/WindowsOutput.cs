using System.Runtime.InteropServices;

namespace Depmap.Plugin.Shell;

/// <summary>stdout or stderr on Windows.</summary>
/// <remarks>.NET's console streams ignore that the reader of a pipe has closed it, so that a follow would never end.</remarks>
internal sealed partial class WindowsOutput : WriteOnlyStream
{
    private const int BrokenPipe = 109; // ERROR_BROKEN_PIPE
    private const int NoData = 232;     // ERROR_NO_DATA: the pipe is being closed

    private readonly int _device;
    private readonly nint _handle;

    private WindowsOutput(int device) => (_device, _handle) = (device, WindowsConsole.GetStdHandle(device));

    public static Stream StandardOutput() => new WindowsOutput(WindowsConsole.Output);

    public static Stream StandardError() => new WindowsOutput(WindowsConsole.Error);

    /// <summary>Called when a write finds that the reader of stdout has closed the pipe.</summary>
    public static Action ReaderCloses { get; set; } = () => { };

    /// <exception cref="IOException">Writing to stdout failed, as when the disk is full. A closed pipe is not an error.</exception>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            if (WriteFile(_handle, buffer, buffer.Length, out int written, 0))
            {
                buffer = buffer[written..];
                continue;
            }

            int error = Marshal.GetLastPInvokeError();
            if (_device == WindowsConsole.Output && error is not (BrokenPipe or NoData))
                throw new IOException(Marshal.GetPInvokeErrorMessage(error));
            if (_device == WindowsConsole.Output)
                ReaderCloses();
            return;
        }
    }

    [LibraryImport("kernel32", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool WriteFile(nint handle, ReadOnlySpan<byte> bytes, int count, out int written, nint overlapped);
}
