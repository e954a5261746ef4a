namespace Depmap.Agent.Kernel;

/// <summary>Optional kernel features. Probed once, before anything is attached.</summary>
/// <param name="HasTcx">BPF links on interfaces (kernel 6.6 and later).</param>
/// <param name="Drops">How the reasons of drops are known.</param>
/// <param name="HasSocketCgroups">Sockets have a cgroup, which tells pods on the host network apart.</param>
/// <param name="HasConnectionRequests">A program can see each SYN that reaches a socket, and so a full accept queue.</param>
internal sealed record KernelFeatureSet(bool HasTcx, DropReasonSource Drops, bool HasSocketCgroups, bool HasConnectionRequests)
{
    /// <param name="types">The kernel's types.</param>
    /// <param name="drops">How the reasons of drops are known.</param>
    public static KernelFeatureSet Probe(KernelTypes types, DropReasonSource drops) =>
        new(ProbeTcx(), drops, types.MemberOffset("sock", "sk_cgrp_data") is not null, types.HasFunction("tcp_conn_request"));

    /// <summary>Converts to the relay's message, whose hello has the attach mode in its own field.</summary>
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

    /// <summary>Queries the programs of the loopback interface: a kernel without tcx rejects the query (EINVAL).</summary>
    private static unsafe bool ProbeTcx()
    {
        uint count = 0;
        return LibBpf.QueryPrograms(LibBpf.LoopbackIndex, LibBpf.TcxIngress, 0, null, null, &count) == 0;
    }
}
