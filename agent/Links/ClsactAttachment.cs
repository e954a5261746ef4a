namespace Depmap.Agent.Links;

/// <summary>
/// The programs at one interface as filters of its clsact qdisc, which is made when there is none. In an <c>ingress</c>
/// qdisc of others, which stands in the same place, there is a filter for what the pod sends alone.
/// </summary>
internal sealed class ClsactAttachment : InterfaceAttachment
{
    private readonly Clsact _clsact;
    private readonly int _index;
    private readonly int _fromPodProgram;
    private readonly int _toPodProgram;

    private IngressPlace _place;
    private bool _qdiscIsOurs;
    private bool _qdiscChanged;
    private bool _preceded;

    private ClsactAttachment(Clsact clsact, int index, int fromPodProgram, int toPodProgram) =>
        (_clsact, _index, _fromPodProgram, _toPodProgram) = (clsact, index, fromPodProgram, toPodProgram);

    public override bool OneDirection => _place == IngressPlace.Ingress;

    public override bool Preceded => _preceded;

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
        foreach (ClsactDirection direction in _place.Directions())
        {
            if (OrderOf(direction).Ours is null)
                return false;
        }

        return true;
    }

    public override void QdiscChanged() => _qdiscChanged = true;

    public override Restoration Check(out AttachFailure failure)
    {
        Restoration restoration = Restore(out failure);
        _qdiscChanged = false;
        if (restoration == Restoration.Failed)
            RemoveOurs(_clsact, _index, _place, _qdiscIsOurs);
        return restoration;
    }

    public override void Detach() => RemoveOurs(_clsact, _index, _place, qdiscIsOurs: false);

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
        int error = _clsact.AddQdisc(_index);
        bool made = error == 0;
        _place = made ? IngressPlace.Clsact : IngressPlace.Empty;
        if (error == LibC.Exists && _clsact.Places().TryGetValue(_index, out _place))
        {
            made = RemoveOurFilters(_clsact, _index, _place) || (_qdiscIsOurs && !_qdiscChanged);
            error = 0;
        }

        _qdiscIsOurs = made;
        foreach (ClsactDirection direction in _place.Directions())
        {
            if (error == 0)
                error = AddFilter(direction, NameIn(direction));
        }

        if (error == 0)
            _preceded = IsPreceded();
        else
            RemoveOurs(_clsact, _index, _place, _qdiscIsOurs);
        return new AttachFailure(error);
    }

    private Restoration Restore(out AttachFailure failure)
    {
        failure = default;
        var restoration = Restoration.None;
        foreach (ClsactDirection direction in _place.Directions())
        {
            FilterOrder order = OrderOf(direction);
            if (order.Ours is not { } ours)
            {
                failure = Attach();
                return failure.Error != 0 ? Restoration.Failed
                    : _qdiscChanged ? Restoration.QdiscRemoved
                    : Restoration.FilterRemoved;
            }

            if (!order.CanMoveUp)
                continue;
            restoration = Restoration.FilterCameFirst;
            failure = new AttachFailure(Move(direction, ours));
            if (failure.Error != 0)
                return Restoration.Failed;
        }

        _preceded = IsPreceded();
        return restoration;
    }

    /// <summary>Adds ours only once it is gone: a packet that two of our filters see would be counted twice.</summary>
    private int Move(ClsactDirection direction, ClsactFilter ours)
    {
        int error = _clsact.RemoveFilter(_index, direction, ours);
        return error is 0 or LibC.NoEntry ? AddFilter(direction, ours.Name) : error;
    }

    private int AddFilter(ClsactDirection direction, string name) =>
        _clsact.AddFilter(_index, direction, direction == ClsactDirection.Ingress ? _fromPodProgram : _toPodProgram, name);

    private string NameIn(ClsactDirection direction) =>
        (direction == ClsactDirection.Ingress ? ClsactFilter.FromPodName : ClsactFilter.ToPodName)
        + (_qdiscIsOurs ? ClsactFilter.MadeQdisc : "");

    private bool IsPreceded()
    {
        bool any = false;
        foreach (ClsactDirection direction in _place.Directions())
            any |= OrderOf(direction).IsPreceded;
        return any;
    }

    private FilterOrder OrderOf(ClsactDirection direction) => new(_clsact.Filters(_index, direction));

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
