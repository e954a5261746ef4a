using System.Reflection;
using System.Runtime.InteropServices;
using Depmap.Common;

namespace Depmap.Agent.Kernel;

/// <summary>The eBPF objects that are embedded in this program.</summary>
internal static unsafe class BpfObject
{
    // Of each program. Before 6.4 a log that does not fit is a failure of its own. What is not written costs no memory.
    private const int LogBytes = 16 << 20;
    private const int LogLines = 40;
    private const int NotPermitted = 1; // EPERM

    /// <summary>Opens one; the caller closes it.</summary>
    /// <param name="name">Of the resource.</param>
    /// <param name="assembly">That has it; null for the agent's.</param>
    /// <exception cref="BpfException">It cannot be read.</exception>
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

    /// <summary>Loads one.</summary>
    /// <exception cref="BpfException">The kernel refused; the exception has the verifier's last lines.</exception>
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
            if (error == NotPermitted && KernelRequirements.LockedMemoryLimit(Environment.OSVersion.Version, File.ReadAllText("/proc/self/limits")) is { } limit)
                throw new BpfException(limit);
            string cause = Marshal.GetPInvokeErrorMessage(error);
            int refused = Enumerable.Range(0, programs.Count).FirstOrDefault(i => Log(i)[0] != 0, -1);
            string which = refused < 0 ? "the eBPF programs" : $"the eBPF program {Name(programs[refused])}";
            throw new BpfException(
                $"kernel {KernelRequirements.Release()} refused {which}: {cause}. Try: --log-level debug, and report the output at {ProductVersion.Issues}")
            {
                Log = refused < 0 ? [] : LastLines(Marshal.PtrToStringUTF8((nint)Log(refused)) ?? ""),
            };
        }
        finally
        {
            NativeMemory.Free(logs);
        }

        byte* Log(int program) => logs + ((nuint)program * LogBytes);
    }

    public static string Name(nint program) => Marshal.PtrToStringUTF8((nint)LibBpf.ProgramName(program)) ?? "";

    private static string[] LastLines(string log) => [.. log.Split('\n', StringSplitOptions.RemoveEmptyEntries).TakeLast(LogLines)];
}
