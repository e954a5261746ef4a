using System.Runtime.InteropServices;
using Depmap.Agent.Kernel;
using Microsoft.Win32.SafeHandles;

namespace Depmap.Bpf.Tests;

/// <summary>The maps of a loaded program, found as bpftool finds them: by the program's list of map ids.</summary>
internal static unsafe class ProgramMaps
{
    public static SafeFileHandle Find(int program, string name)
    {
        uint* ids = stackalloc uint[16];
        uint* byId = stackalloc uint[4];
        ProgramInfo info = new() { Maps = 16, MapIds = ids };
        Read(program, &info, sizeof(ProgramInfo));
        for (int i = 0; i < info.Maps; i++)
        {
            byId[0] = ids[i];
            nint descriptor = KernelCalls.Bpf(KernelCalls.Command.MapDescriptorById, byId, 16);
            KernelCalls.Check(descriptor, "BPF_MAP_GET_FD_BY_ID");
            SafeFileHandle map = new(descriptor, ownsHandle: true);
            MapInfo mapInfo = default;
            Read((int)descriptor, &mapInfo, sizeof(MapInfo));
            if (Marshal.PtrToStringUTF8((nint)mapInfo.Name) == name)
                return map;
            map.Dispose();
        }

        throw new InvalidOperationException($"the program uses no map {name}");
    }

    public static uint Entries(SafeFileHandle map)
    {
        MapInfo info = default;
        Read((int)map.DangerousGetHandle(), &info, sizeof(MapInfo));
        return info.Entries;
    }

    /// <summary>The number of instructions that the verifier processed (kernel 5.16), and of those after it.</summary>
    public static (uint Processed, uint Instructions) Instructions(int program)
    {
        ProgramInfo info = default;
        Read(program, &info, sizeof(ProgramInfo));
        return (info.VerifiedInstructions, info.TranslatedBytes / 8);
    }

    public static void Update<TKey, TValue>(SafeFileHandle map, TKey key, TValue value)
        where TKey : unmanaged
        where TValue : unmanaged
    {
        ulong* attributes = stackalloc ulong[4] { (ulong)map.DangerousGetHandle(), (ulong)&key, (ulong)&value, 0 };
        KernelCalls.Check(KernelCalls.Bpf(KernelCalls.Command.UpdateElement, attributes, 32), "BPF_MAP_UPDATE_ELEM");
    }

    public static bool Has<TKey, TValue>(SafeFileHandle map, TKey key)
        where TKey : unmanaged
        where TValue : unmanaged
    {
        TValue value;
        return LibBpf.Lookup((int)map.DangerousGetHandle(), &key, &value) == 0;
    }

    private static void Read(int descriptor, void* info, int size)
    {
        Attributes attributes = new() { Descriptor = (uint)descriptor, Size = (uint)size, Info = info };
        KernelCalls.Check(KernelCalls.Bpf(KernelCalls.Command.ObjectInfo, &attributes, sizeof(Attributes)), "BPF_OBJ_GET_INFO_BY_FD");
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Attributes
    {
        public uint Descriptor;
        public uint Size;
        public void* Info;
    }

    /// <summary>struct bpf_prog_info (linux/bpf.h).</summary>
    [StructLayout(LayoutKind.Explicit, Size = 232)]
    private struct ProgramInfo
    {
        [FieldOffset(20)]
        public uint TranslatedBytes;

        [FieldOffset(52)]
        public uint Maps;

        [FieldOffset(56)]
        public uint* MapIds;

        [FieldOffset(216)]
        public uint VerifiedInstructions;
    }

    /// <summary>struct bpf_map_info.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 88)]
    private struct MapInfo
    {
        [FieldOffset(16)]
        public uint Entries;

        [FieldOffset(24)]
        public fixed byte Name[16];
    }
}
