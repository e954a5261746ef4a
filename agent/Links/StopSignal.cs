using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Depmap.Agent.Links;

/// <summary>Lets a thread wait for a socket and for a cancellation at once.</summary>
internal sealed class StopSignal : IDisposable
{
    private const int CloseOnExec = 0x80000;

    private readonly SafeFileHandle _wake = LibC.EventDescriptor(0, CloseOnExec);
    private readonly CancellationTokenRegistration _registration;
    private readonly CancellationToken _stop;

    public StopSignal(CancellationToken cancellationToken)
    {
        if (_wake.IsInvalid)
            throw new NetlinkException("cannot make an eventfd", LibC.LastError);
        _stop = cancellationToken;
        _registration = cancellationToken.Register(Raise);
    }

    /// <summary>Returns when the socket has something to read, the time is over, or the cancellation came.</summary>
    /// <param name="socket">Stays open meanwhile.</param>
    /// <param name="timeoutMilliseconds">-1: none.</param>
    /// <returns>False after the cancellation.</returns>
    public bool Wait(SafeFileHandle socket, int timeoutMilliseconds)
    {
        Span<PollDescriptor> descriptors =
            [new((int)socket.DangerousGetHandle()), new((int)_wake.DangerousGetHandle())];
        // An interrupted wait ends early, which does no harm: the caller reads, finds nothing, and comes back.
        if (!_stop.IsCancellationRequested)
            _ = LibC.Poll(descriptors, (nuint)descriptors.Length, timeoutMilliseconds);
        return !_stop.IsCancellationRequested;
    }

    public void Dispose()
    {
        _registration.Dispose(); // waits for a Raise that is under way
        _wake.Dispose();
    }

    private void Raise()
    {
        ulong one = 1;
        _ = LibC.Write(_wake, MemoryMarshal.AsBytes(new ReadOnlySpan<ulong>(in one)), sizeof(ulong));
    }
}
