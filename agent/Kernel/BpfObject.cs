using System.Reflection;
using System.Runtime.InteropServices;
using Depmap.Common;

namespace Depmap.Agent.Kernel;

/// <summary>Opens and loads the eBPF objects embedded in the agent.</summary>
internal static unsafe class BpfObject
{
    // For each program. Before kernel 6.4, loading fails if the log does not fit. Unused pages take no memory.
    private const int LogBytes = 16 << 20;
    private const int LogLines = 40;
    private const int NotPermitted = 1; // EPERM

    /// <summary>Opens an object; the caller closes it.</summary>
    /// <param name="name">Name of the embedded resource.</param>
    /// <param name="assembly">The assembly that contains it; null for the agent.</param>
    /// <exception cref="BpfException">The object cannot be read.</exception>
    public static nint Open(string name, Assembly? assembly = null)
    {
        using Stream stream = (assembly ?? typeof(BpfObject).Assembly).GetManifestResourceStream(name)!;
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        nint bpfObject;
        fixed (byte* start = bytes)
            bpfObject = LibBpf.ObjectOpen(start, (nuint)bytes.Length, 0);
        return bpfObject != 0
            ? bpfObject
            : throw new BpfException($"cannot read the embedded eBPF object: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    /// <summary>Loads an object into the kernel.</summary>
    /// <exception cref="BpfException">The kernel rejected it; the exception has the last lines of the verifier's log.</exception>
    public static void Load(nint bpfObject)
    {
        List<nint> programs = [];
        for (nint program = 0; (program = LibBpf.NextProgram(bpfObject, program)) != 0;)
            programs.Add(program);
        byte* logs = (byte*)NativeMemory.Alloc((nuint)programs.Count, LogBytes);
        try
        {
            for (int i = 0; i < programs.Count; i++)
            {
                Log(i)[0] = 0;
                _ = LibBpf.SetLogBuffer(programs[i], Log(i), LogBytes);
            }

            if (LibBpf.ObjectLoad(bpfObject) == 0)
                return;
            int error = Marshal.GetLastPInvokeError();
            if (error == NotPermitted && LockedMemoryError() is { } limit)
                throw new BpfException(limit);
            string cause = Marshal.GetPInvokeErrorMessage(error);
            int rejected = Enumerable.Range(0, programs.Count).FirstOrDefault(i => Log(i)[0] != 0, -1);
            string which = rejected < 0 ? "the eBPF programs" : $"the eBPF program {Name(programs[rejected])}";
            throw new BpfException(
                $"kernel {KernelRequirements.Release()} rejected {which}: {cause}. "
                + $"Try: --log-level debug, and report the output at {ProductVersion.Issues}")
            {
                Log = rejected < 0 ? [] : LastLines(Marshal.PtrToStringUTF8((nint)Log(rejected)) ?? ""),
            };
        }
        finally
        {
            NativeMemory.Free(logs);
        }

        byte* Log(int program) => logs + ((nuint)program * LogBytes);
    }

    private static string? LockedMemoryError() =>
        KernelRequirements.LockedMemoryLimit(Environment.OSVersion.Version, File.ReadAllText("/proc/self/limits"));

    public static string Name(nint program) => Marshal.PtrToStringUTF8((nint)LibBpf.ProgramName(program)) ?? "";

    private static string[] LastLines(string log) => [.. log.Split('\n', StringSplitOptions.RemoveEmptyEntries).TakeLast(LogLines)];
}
