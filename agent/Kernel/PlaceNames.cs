using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Depmap.Agent.Kernel;

/// <summary>
/// Resolves addresses in the kernel's code to functions with a BPF iterator (bpf/places.bpf.c). /proc/kallsyms shows no
/// addresses without CAP_SYSLOG; the iterator needs no further capability.
/// </summary>
internal sealed unsafe class PlaceNames : IDisposable
{
    private readonly nint _bpfObject;

    private PlaceNames(nint bpfObject) => _bpfObject = bpfObject;

    /// <summary>Null if the kernel rejects the program.</summary>
    public static PlaceNames? TryLoad()
    {
        nint bpfObject = BpfObject.Open("places.bpf.o");
        if (LibBpf.ObjectLoad(bpfObject) == 0)
            return new PlaceNames(bpfObject);
        LibBpf.ObjectClose(bpfObject);
        return null;
    }

    /// <summary>The function that contains a place; empty if unknown. Takes about 100 µs.</summary>
    /// <param name="place">A return address in the kernel's code.</param>
    /// <param name="places">Descriptor of the drop_places map, which must contain the place.</param>
    public string FunctionAt(ulong place, int places)
    {
        IteratorOptions options = new() { Size = (nuint)sizeof(IteratorOptions), Map = &places, MapSize = sizeof(int) };
        nint link = LibBpf.AttachIterator(LibBpf.FindProgram(_bpfObject, "name_places"), &options);
        if (link == 0)
            return "";
        int file = LibBpf.CreateIterator(LibBpf.LinkDescriptor(link));
        string lines = file < 0 ? "" : ReadAll(file);
        _ = LibBpf.Close(file);
        _ = LibBpf.LinkDestroy(link);
        return Find(lines, place);
    }

    public void Dispose() => LibBpf.ObjectClose(_bpfObject);

    /// <summary>The function in a line like <c>ffffffff81a2b3c4 nf_hook_slow+0x9e/0xc0</c>; empty if no line has the address.</summary>
    internal static string Find(ReadOnlySpan<char> lines, ulong place)
    {
        foreach (ReadOnlySpan<char> line in lines.EnumerateLines())
        {
            int space = line.IndexOf(' ');
            if (space > 0
                && ulong.TryParse(line[..space], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out ulong address)
                && address == place)
            {
                // Parts that the compiler split off have a suffix: tcp_v4_rcv.cold, ip_forward.part.0.
                ReadOnlySpan<char> name = line[(space + 1)..];
                int end = name.IndexOfAny("+. ");
                return name[..(end < 0 ? name.Length : end)].ToString();
            }
        }

        return "";
    }

    private static string ReadAll(int file)
    {
        StringBuilder text = new();
        byte* buffer = stackalloc byte[4096];
        for (nint read; (read = LibBpf.Read(file, buffer, 4096)) > 0;)
            text.Append(Marshal.PtrToStringUTF8((nint)buffer, (int)read));
        return text.ToString();
    }
}
