using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Depmap.Agent.Links;

/// <summary>System calls for netlink and BPF links. Each returns -1 on failure and sets errno.</summary>
internal static partial class LibC
{
    public const int NoEntry = 2;
    public const int Interrupted = 4;
    public const int TryAgain = 11;
    public const int Exists = 17;
    public const int NoDevice = 19;
    public const int Invalid = 22;
    public const int NoBufferSpace = 105;

    public static int LastError => Marshal.GetLastPInvokeError();

    private static nint BpfNumber => RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 280 : 321;

    /// <summary>The error text of an errno (strerror).</summary>
    public static string Describe(int error) => Marshal.GetPInvokeErrorMessage(error);

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    public static partial SafeFileHandle Socket(int domain, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "bind", SetLastError = true)]
    public static partial int Bind(SafeFileHandle socket, ReadOnlySpan<byte> address, uint length);

    [LibraryImport("libc", EntryPoint = "getsockname", SetLastError = true)]
    public static partial int GetSocketName(SafeFileHandle socket, Span<byte> address, ref uint length);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    public static partial int SetSocketOption(SafeFileHandle socket, int level, int option, in int value, uint length);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    public static partial nint Send(SafeFileHandle socket, ReadOnlySpan<byte> bytes, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "recvfrom", SetLastError = true)]
    public static partial nint ReceiveFrom(
        SafeFileHandle socket, Span<byte> buffer, nuint length, int flags, Span<byte> sender, ref uint senderLength);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    public static partial SafeFileHandle EventDescriptor(uint value, int flags);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    public static partial nint Write(SafeFileHandle file, ReadOnlySpan<byte> bytes, nuint length);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    public static partial int Poll(Span<PollDescriptor> descriptors, nuint count, int timeoutMilliseconds);

    /// <summary>bpf(2), for commands that libbpf 1.1 does not cover.</summary>
    /// <param name="command">A value of enum bpf_cmd.</param>
    /// <param name="attributes">union bpf_attr; may be longer than the kernel's if the rest is zero.</param>
    public static nint Bpf(int command, Span<uint> attributes) =>
        SystemCall(BpfNumber, command, attributes, attributes.Length * sizeof(uint));

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint SystemCall(nint number, nint command, Span<uint> attributes, nint size);
}
