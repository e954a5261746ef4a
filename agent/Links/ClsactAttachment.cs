namespace Depmap.Agent.Links;

/// <summary>Both programs at one interface as filters of its clsact qdisc, which is made when there is none.</summary>
internal sealed class ClsactAttachment : InterfaceAttachment
{
    private readonly Clsact clsact;
    private readonly int index;

    private ClsactAttachment(Clsact clsact, int index) => (this.clsact, this.index) = (clsact, index);

    /// <summary>Null when the kernel refused any of it; then nothing is left of it.</summary>
    public static ClsactAttachment? TryAttach(
        Clsact clsact, int index, int fromPodProgram, int toPodProgram, out AttachFailure failure)
    {
        int error = clsact.AddQdisc(index);
        bool made = error == 0;
        if (error == LibC.Exists && clsact.InterfacesWithQdisc().Contains(index))
        {
            made = RemoveOurFilters(clsact, index);
            error = 0;
        }
        else if (error == LibC.Exists)
        {
            failure = new AttachFailure(error, "an ingress qdisc holds the place of clsact; it has no egress");
            return null;
        }

        string suffix = made ? ClsactFilter.MadeQdisc : "";
        if (error == 0)
            error = clsact.AddFilter(index, ClsactDirection.Ingress, fromPodProgram, ClsactFilter.FromPodName + suffix);
        if (error == 0)
            error = clsact.AddFilter(index, ClsactDirection.Egress, toPodProgram, ClsactFilter.ToPodName + suffix);
        failure = new AttachFailure(error, LibC.Describe(error));
        if (error == 0)
            return new ClsactAttachment(clsact, index);
        RemoveOurs(clsact, index, qdiscIsOurs: made);
        return null;
    }

    /// <summary>
    /// Removes what a killed predecessor left, at every interface of the network namespace: it may have held some that are
    /// no pods' any more, and this process may attach by tcx.
    /// </summary>
    public static void RemoveLeftovers(Clsact clsact)
    {
        foreach (int index in clsact.InterfacesWithQdisc())
            RemoveOurs(clsact, index, qdiscIsOurs: false);
    }

    public override bool IsAttached() =>
        clsact.Filters(index, ClsactDirection.Ingress).Exists(filter => filter.IsOurs)
        && clsact.Filters(index, ClsactDirection.Egress).Exists(filter => filter.IsOurs);

    public override void Detach() => RemoveOurs(clsact, index, qdiscIsOurs: false);

    // The qdisc and its filters ended with the interface, or when it moved to another network namespace (dev_shutdown).
    public override void Forget()
    {
    }

    private static void RemoveOurs(Clsact clsact, int index, bool qdiscIsOurs)
    {
        qdiscIsOurs |= RemoveOurFilters(clsact, index);
        // Others may have come to use it since.
        if (qdiscIsOurs
            && clsact.Filters(index, ClsactDirection.Ingress).Count == 0
            && clsact.Filters(index, ClsactDirection.Egress).Count == 0)
            clsact.RemoveQdisc(index);
    }

    /// <summary>True when one of them says that its agent made the qdisc.</summary>
    private static bool RemoveOurFilters(Clsact clsact, int index)
    {
        bool ownsQdisc = false;
        foreach (ClsactDirection direction in (ReadOnlySpan<ClsactDirection>)[ClsactDirection.Ingress, ClsactDirection.Egress])
        {
            foreach (ClsactFilter filter in clsact.Filters(index, direction).Where(filter => filter.IsOurs))
            {
                ownsQdisc |= filter.OwnsQdisc;
                clsact.RemoveFilter(index, direction, filter);
            }
        }

        return ownsQdisc;
    }
}
