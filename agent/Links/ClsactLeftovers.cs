namespace Depmap.Agent.Links;

/// <summary>What a killed predecessor left in clsact and <c>ingress</c> qdiscs.</summary>
internal static class ClsactLeftovers
{
    /// <summary>
    /// Removes it at every interface of the network namespace: the predecessor may have held some that are no pods' any
    /// more, and this process may attach by tcx.
    /// </summary>
    /// <param name="clsact">Of the network namespace.</param>
    /// <param name="kept">Interfaces whose filters are this process's own by now.</param>
    public static void Remove(Clsact clsact, IReadOnlySet<int> kept)
    {
        foreach ((int index, IngressPlace place) in clsact.Places())
        {
            if (!kept.Contains(index))
                ClsactAttachment.RemoveOurs(clsact, index, place, qdiscIsOurs: false);
        }
    }
}
