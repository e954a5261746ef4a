namespace Depmap.Agent.Links;

/// <summary>Removes what a killed agent left in clsact and <c>ingress</c> qdiscs.</summary>
internal static class ClsactCleanup
{
    /// <summary>
    /// Cleans up every interface of the network namespace: some may no longer be pod interfaces, and this agent may attach by
    /// tcx.
    /// </summary>
    /// <param name="clsact">Clsact of the network namespace.</param>
    /// <param name="kept">Interfaces whose filters belong to this agent.</param>
    public static void Remove(Clsact clsact, IReadOnlySet<int> kept)
    {
        foreach ((int index, IngressQdisc qdisc) in clsact.ListIngressQdiscs())
        {
            if (!kept.Contains(index))
                ClsactAttachment.RemoveOurs(clsact, index, qdisc, qdiscIsOurs: false);
        }
    }
}
