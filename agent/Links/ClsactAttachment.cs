namespace Depmap.Agent.Links;

/// <summary>
/// The programs at one interface as filters of its clsact qdisc, which is made when there is none. In an <c>ingress</c>
/// qdisc of others, which stands in the same place, there is a filter for what the pod sends alone.
/// </summary>
internal sealed class ClsactAttachment : InterfaceAttachment
{
    private readonly Clsact clsact;
    private readonly int index;
    private readonly int fromPodProgram;
    private readonly int toPodProgram;

    private IngressPlace place;
    private bool qdiscIsOurs;
    private bool qdiscChanged;
    private bool preceded;

    private ClsactAttachment(Clsact clsact, int index, int fromPodProgram, int toPodProgram) =>
        (this.clsact, this.index, this.fromPodProgram, this.toPodProgram) = (clsact, index, fromPodProgram, toPodProgram);

    public override bool OneDirection => place == IngressPlace.Ingress;

    public override bool Preceded => preceded;

    /// <summary>Null when the kernel refused any of it; then nothing is left of it.</summary>
    public static ClsactAttachment? TryAttach(
        Clsact clsact, int index, int fromPodProgram, int toPodProgram, out AttachFailure failure)
    {
        var attachment = new ClsactAttachment(clsact, index, fromPodProgram, toPodProgram);
        failure = attachment.Attach();
        return failure.Error == 0 ? attachment : null;
    }

    public override bool IsAttached()
    {
        foreach (ClsactDirection direction in place.Directions())
        {
            if (OrderOf(direction).Ours is null)
                return false;
        }

        return true;
    }

    public override void QdiscChanged() => qdiscChanged = true;

    public override Restoration Check(out AttachFailure failure)
    {
        Restoration restoration = Restore(out failure);
        qdiscChanged = false;
        if (restoration == Restoration.Failed)
            RemoveOurs(clsact, index, place, qdiscIsOurs);
        return restoration;
    }

    public override void Detach() => RemoveOurs(clsact, index, place, qdiscIsOurs: false);

    // The qdisc and its filters ended with the interface, or when it moved to another network namespace (dev_shutdown).
    public override void Forget()
    {
    }

    /// <summary>Removes our filters, and the qdisc when it is ours and nobody uses it.</summary>
    public static void RemoveOurs(Clsact clsact, int index, IngressPlace place, bool qdiscIsOurs)
    {
        qdiscIsOurs |= RemoveOurFilters(clsact, index, place);
        if (!qdiscIsOurs || place != IngressPlace.Clsact)
            return;
        // Others may have come to use it since.
        foreach (ClsactDirection direction in place.Directions())
        {
            if (clsact.Filters(index, direction).Count > 0)
                return;
        }

        clsact.RemoveQdisc(index);
    }

    private AttachFailure Attach()
    {
        int error = clsact.AddQdisc(index);
        bool made = error == 0;
        place = made ? IngressPlace.Clsact : IngressPlace.Empty;
        if (error == LibC.Exists && clsact.Places().TryGetValue(index, out place))
        {
            made = RemoveOurFilters(clsact, index, place) || (qdiscIsOurs && !qdiscChanged);
            error = 0;
        }

        qdiscIsOurs = made;
        foreach (ClsactDirection direction in place.Directions())
        {
            if (error == 0)
                error = AddFilter(direction, NameIn(direction));
        }

        if (error == 0)
            preceded = IsPreceded();
        else
            RemoveOurs(clsact, index, place, qdiscIsOurs);
        return new AttachFailure(error);
    }

    private Restoration Restore(out AttachFailure failure)
    {
        failure = default;
        var restoration = Restoration.None;
        foreach (ClsactDirection direction in place.Directions())
        {
            FilterOrder order = OrderOf(direction);
            if (order.Ours is not { } ours)
            {
                failure = Attach();
                return failure.Error != 0 ? Restoration.Failed
                    : qdiscChanged ? Restoration.QdiscRemoved
                    : Restoration.FilterRemoved;
            }

            if (!order.CanMoveUp)
                continue;
            restoration = Restoration.FilterCameFirst;
            failure = new AttachFailure(Move(direction, ours));
            if (failure.Error != 0)
                return Restoration.Failed;
        }

        preceded = IsPreceded();
        return restoration;
    }

    /// <summary>Adds ours only once it is gone: a packet that two of our filters see would be counted twice.</summary>
    private int Move(ClsactDirection direction, ClsactFilter ours)
    {
        int error = clsact.RemoveFilter(index, direction, ours);
        return error is 0 or LibC.NoEntry ? AddFilter(direction, ours.Name) : error;
    }

    private int AddFilter(ClsactDirection direction, string name) =>
        clsact.AddFilter(index, direction, direction == ClsactDirection.Ingress ? fromPodProgram : toPodProgram, name);

    private string NameIn(ClsactDirection direction) =>
        (direction == ClsactDirection.Ingress ? ClsactFilter.FromPodName : ClsactFilter.ToPodName)
        + (qdiscIsOurs ? ClsactFilter.MadeQdisc : "");

    private bool IsPreceded()
    {
        bool any = false;
        foreach (ClsactDirection direction in place.Directions())
            any |= OrderOf(direction).IsPreceded;
        return any;
    }

    private FilterOrder OrderOf(ClsactDirection direction) => new(clsact.Filters(index, direction));

    /// <summary>True when one of them says that its agent made the qdisc.</summary>
    private static bool RemoveOurFilters(Clsact clsact, int index, IngressPlace place)
    {
        bool ownsQdisc = false;
        foreach (ClsactDirection direction in place.Directions())
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
