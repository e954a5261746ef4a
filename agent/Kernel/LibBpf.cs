using System.Runtime.InteropServices;

namespace Depmap.Agent.Kernel;

/// <summary>The functions of libbpf and libc that the agent uses. They set errno on failure.</summary>
internal static partial class LibBpf
{
    private const string Library = "bpf";

    [LibraryImport(Library, EntryPoint = "libbpf_set_print")]
    public static partial nint SetPrint(nint callback);

    [LibraryImport(Library, EntryPoint = "libbpf_num_possible_cpus")]
    public static partial int PossibleCpus();

    [LibraryImport(Library, EntryPoint = "bpf_object__open_mem", SetLastError = true)]
    public static unsafe partial nint ObjectOpen(byte* bytes, nuint size, nint options);

    [LibraryImport(Library, EntryPoint = "bpf_object__load", SetLastError = true)]
    public static partial int ObjectLoad(nint bpfObject);

    [LibraryImport(Library, EntryPoint = "bpf_object__close")]
    public static partial void ObjectClose(nint bpfObject);

    [LibraryImport(Library, EntryPoint = "bpf_object__find_map_by_name", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint FindMap(nint bpfObject, string name);

    [LibraryImport(
        Library, EntryPoint = "bpf_object__find_program_by_name", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint FindProgram(nint bpfObject, string name);

    [LibraryImport(Library, EntryPoint = "bpf_map__fd")]
    public static partial int MapDescriptor(nint map);

    [LibraryImport(Library, EntryPoint = "bpf_map__set_max_entries")]
    public static partial int SetMaxEntries(nint map, uint entries);

    [LibraryImport(Library, EntryPoint = "bpf_map__initial_value")]
    public static unsafe partial byte* InitialValue(nint map, out nuint size);

    [LibraryImport(Library, EntryPoint = "bpf_program__fd")]
    public static partial int ProgramDescriptor(nint program);

    [LibraryImport(Library, EntryPoint = "bpf_program__set_autoload")]
    public static partial int SetAutoload(nint program, [MarshalAs(UnmanagedType.U1)] bool load);

    [LibraryImport(Library, EntryPoint = "bpf_program__name")]
    public static unsafe partial byte* ProgramName(nint program);

    [LibraryImport(Library, EntryPoint = "bpf_program__set_log_buf")]
    public static unsafe partial int SetLogBuffer(nint program, byte* buffer, nuint size);

    [LibraryImport(Library, EntryPoint = "bpf_object__next_program")]
    public static partial nint NextProgram(nint bpfObject, nint program);

    [LibraryImport(Library, EntryPoint = "bpf_program__attach", SetLastError = true)]
    public static partial nint Attach(nint program);

    [LibraryImport(Library, EntryPoint = "bpf_program__attach_iter", SetLastError = true)]
    public static unsafe partial nint AttachIterator(nint program, IteratorOptions* options);

    [LibraryImport(Library, EntryPoint = "bpf_iter_create", SetLastError = true)]
    public static partial int CreateIterator(int link);

    [LibraryImport(Library, EntryPoint = "bpf_link__fd")]
    public static partial int LinkDescriptor(nint link);

    [LibraryImport(Library, EntryPoint = "bpf_prog_query", SetLastError = true)]
    public static unsafe partial int QueryPrograms(int target, int attachType, uint flags, uint* attachFlags, uint* ids, uint* count);

    [LibraryImport(Library, EntryPoint = "bpf_link__destroy")]
    public static partial int LinkDestroy(nint link);

    [LibraryImport(Library, EntryPoint = "bpf_map_lookup_elem", SetLastError = true)]
    public static unsafe partial int Lookup(int map, void* key, void* value);

    [LibraryImport(Library, EntryPoint = "bpf_map_update_elem", SetLastError = true)]
    public static unsafe partial int Update(int map, void* key, void* value, ulong flags);

    [LibraryImport(Library, EntryPoint = "bpf_map_delete_elem", SetLastError = true)]
    public static unsafe partial int Delete(int map, void* key);

    [LibraryImport(Library, EntryPoint = "bpf_map_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int MapCreate(int type, string name, uint keySize, uint valueSize, uint entries, nint options);

    [LibraryImport(Library, EntryPoint = "btf__load_vmlinux_btf", SetLastError = true)]
    public static partial nint BtfLoadKernel();

    /// <summary>Loads a module's types on top of the kernel's. Reads /sys/kernel/btf, which needs no capability.</summary>
    [LibraryImport(Library, EntryPoint = "btf__load_module_btf", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint BtfLoadModule(string module, nint kernel);

    [LibraryImport(Library, EntryPoint = "btf__find_by_name_kind", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int BtfFind(nint btf, string name, uint kind);

    [LibraryImport(Library, EntryPoint = "btf__type_by_id")]
    public static unsafe partial BtfType* BtfTypeById(nint btf, uint id);

    [LibraryImport(Library, EntryPoint = "btf__name_by_offset")]
    public static unsafe partial byte* BtfName(nint btf, uint offset);

    [LibraryImport(Library, EntryPoint = "btf__free")]
    public static partial void BtfFree(nint btf);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    public static unsafe partial nint Read(int file, byte* buffer, nuint size);

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    public static unsafe partial byte* Map(void* address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    public static unsafe partial int Unmap(byte* address, nuint length);

    [LibraryImport("libc", EntryPoint = "close")]
    public static partial int Close(int file);

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    public static partial int MallocTrim(nuint keep);

    public const int ProtectRead = 1;
    public const int ProtectReadWrite = 3;
    public const int MapShared = 1;
    public const int MapPrivateAnonymous = 0x22;
    public const int MapTypeRingBuffer = 27;
    public const uint BtfKindStruct = 4;
    public const uint BtfKindEnum = 6;
    public const uint BtfKindFunction = 12;
    public const int TcxIngress = 46;
    public const int LoopbackIndex = 1; // LOOPBACK_IFINDEX, the same in every network namespace
}
