namespace Depmap.Agent.Records;

// Mirrors bpf/records.h, field by field. A test compares both through the object's BTF.

/// <summary>The direction of a packet at a pod's host-side interface.</summary>
internal enum Direction : byte
{
    FromPod = 0,
    ToPod = 1,
}
