namespace Depmap.Agent.Links;

/// <summary>How programs are attached to an interface.</summary>
internal enum AttachMode
{
    /// <summary>By BPF links, kernel 6.6 and later: they end with the process that holds them, however it ends.</summary>
    Tcx,

    /// <summary>As filters of a clsact qdisc: they stay when the process is killed, until the next one removes them.</summary>
    Clsact,
}

/// <summary>Finds out what the running kernel can do.</summary>
internal static class AttachModes
{
    private const int Loopback = 1; // LOOPBACK_IFINDEX, the same in every network namespace

    /// <summary>Tries a tcx link on the loopback interface, and takes it away at once.</summary>
    /// <param name="fromPodProgram">A loaded program of type SCHED_CLS.</param>
    public static AttachMode Probe(int fromPodProgram)
    {
        using TcxLink? link = TcxLink.TryCreate(fromPodProgram, Loopback, TcxLink.Ingress, out _);
        return link is null ? AttachMode.Clsact : AttachMode.Tcx;
    }
}
