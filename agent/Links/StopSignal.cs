using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Depmap.Agent.Links;

/// <summary>Lets a thread wait for a socket or a cancellation.</summary>
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

    /// <summary>Waits until the socket is readable, the timeout expires, or the token is cancelled.</summary>
    /// <param name="socket">The socket; must stay open during the call.</param>
    /// <param name="timeoutMilliseconds">-1 for no timeout.</param>
    /// <returns>False after cancellation.</returns>
    public bool Wait(SafeFileHandle socket, int timeoutMilliseconds)
    {
        Span<PollDescriptor> descriptors =
            [new((int)socket.DangerousGetHandle()), new((int)_wake.DangerousGetHandle())];
        // An interrupted wait ends early, which is harmless: the caller finds nothing to read and waits again.
        if (!_stop.IsCancellationRequested)
            _ = LibC.Poll(descriptors, (nuint)descriptors.Length, timeoutMilliseconds);
        return !_stop.IsCancellationRequested;
    }

    public void Dispose()
    {
        _registration.Dispose(); // waits for a Raise in progress
        _wake.Dispose();
    }

    private void Raise()
    {
        ulong one = 1;
        _ = LibC.Write(_wake, MemoryMarshal.AsBytes(new ReadOnlySpan<ulong>(in one)), sizeof(ulong));
    }
}
