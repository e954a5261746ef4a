namespace Depmap.Agent.Records;

// Mirrors bpf/records.h, field by field. A test compares both through the object's BTF.

/// <summary>Which way a packet goes at a pod's host-side interface.</summary>
internal enum Direction : byte
{
    FromPod = 0,
    ToPod = 1,
}
