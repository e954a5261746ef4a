using System.Runtime.InteropServices;
using Depmap.Agent.Records;

namespace Depmap.Agent.Kernel;

/// <summary>Type information (BTF) of the running kernel, optionally with a module's. Takes some megabytes: do not keep it.</summary>
internal sealed unsafe class KernelTypes : IDisposable
{
    private readonly nint _kernel;
    private readonly nint _module;

    private KernelTypes(nint kernel, nint module) => (_kernel, _module) = (kernel, module);

    private nint Types => _module != 0 ? _module : _kernel;

    /// <exception cref="BpfException">The kernel has no BTF.</exception>
    public static KernelTypes Load()
    {
        nint kernel = LibBpf.BtfLoadKernel();
        return kernel != 0
            ? new KernelTypes(kernel, 0)
            : throw new BpfException($"cannot read the kernel's BTF: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    /// <summary>Whether a module is loaded and has type information.</summary>
    public static bool HasModule(string name) => File.Exists($"/sys/kernel/btf/{name}");

    /// <summary>Loads the kernel's types with a module's; null if the module is not loaded or has none (before 5.11).</summary>
    public static KernelTypes? LoadWith(string name)
    {
        if (!HasModule(name))
            return null;
        nint kernel = LibBpf.BtfLoadKernel();
        nint module = kernel != 0 ? LibBpf.BtfLoadModule(name, kernel) : 0;
        if (module != 0)
            return new KernelTypes(kernel, module);
        LibBpf.BtfFree(kernel);
        return null;
    }

    /// <summary>Offset of a struct's member in bytes; null if there is no such struct or member.</summary>
    public int? MemberOffset(string structure, string member)
    {
        BtfType* type = Find(structure, LibBpf.BtfKindStruct);
        if (type == null)
            return null;
        uint* entry = (uint*)(type + 1); // struct btf_member: name, type, offset in bits
        for (int i = 0; i < type->Members; i++, entry += 3)
        {
            if (Name(entry[0]) == member)
                return (int)((type->HasBitFields ? entry[2] & 0xffffff : entry[2]) / 8);
        }

        return null;
    }

    /// <summary>Whether programs can be attached to a function of the kernel, as far as its types tell.</summary>
    public bool HasFunction(string name) => Find(name, LibBpf.BtfKindFunction) != null;

    /// <summary>The values of an enum; empty if there is no such enum.</summary>
    public List<(uint Number, string Name)> Enum(string name)
    {
        List<(uint, string)> values = [];
        BtfType* type = Find(name, LibBpf.BtfKindEnum);
        uint* entry = (uint*)(type + 1); // struct btf_enum: name, value
        for (int i = 0; type != null && i < type->Members; i++, entry += 2)
            values.Add((entry[1], Name(entry[0])));
        return values;
    }

    /// <summary>The kernel's drop reasons; empty on a kernel without them (before 5.17).</summary>
    public DropReasons ReadDropReasons() => DropReasons.FromKernelEnum(Enum("skb_drop_reason"));

    public void Dispose()
    {
        if (_module != 0)
            LibBpf.BtfFree(_module);
        LibBpf.BtfFree(_kernel);
        LibBpf.MallocTrim(0);
    }

    private BtfType* Find(string name, uint kind)
    {
        int id = LibBpf.BtfFind(Types, name, kind);
        return id < 0 ? null : LibBpf.BtfTypeById(Types, (uint)id);
    }

    private string Name(uint offset) => Marshal.PtrToStringUTF8((nint)LibBpf.BtfName(Types, offset)) ?? "";
}
