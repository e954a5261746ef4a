namespace Depmap.Agent.Kernel;

/// <summary>What differs from kernel to kernel, of what the agent can do without. Probed once, before anything is attached.</summary>
/// <param name="HasTcx">BPF links on interfaces (kernel 6.6).</param>
/// <param name="Drops">How drops are explained.</param>
/// <param name="HasSocketCgroups">A socket names its cgroup: pods on the node's network can be told apart.</param>
internal sealed record KernelFeatureSet(bool HasTcx, DropReasonSource Drops, bool HasSocketCgroups)
{
    /// <param name="types">The kernel's.</param>
    /// <param name="drops">As those types have it.</param>
    public static KernelFeatureSet Probe(KernelTypes types, DropReasonSource drops) =>
        new(ProbeTcx(), drops, types.MemberOffset("sock", "sk_cgrp_data") is not null);

    /// <summary>For the relay; which way of attaching was chosen stands beside it in the hello.</summary>
    public V1.KernelFeatures ToMessage() => new()
    {
        Drops = Drops switch
        {
            DropReasonSource.ByReason => V1.DropExplanation.ByReason,
            DropReasonSource.ByPlace => V1.DropExplanation.ByPlace,
            _ => V1.DropExplanation.None,
        },
        SocketCgroups = HasSocketCgroups,
    };

    /// <summary>Asks which programs the loopback interface has: a kernel without tcx does not know the question (EINVAL).</summary>
    private static unsafe bool ProbeTcx()
    {
        uint count = 0;
        return LibBpf.QueryPrograms(LibBpf.LoopbackIndex, LibBpf.TcxIngress, 0, null, null, &count) == 0;
    }
}
