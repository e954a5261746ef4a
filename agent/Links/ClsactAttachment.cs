namespace Depmap.Agent.Links;

/// <summary>
/// Attaches the programs as filters of the interface's clsact qdisc, which is created if there is none. If another program's
/// <c>ingress</c> qdisc takes its place, only what the pod sends is filtered there.
/// </summary>
internal sealed class ClsactAttachment : InterfaceAttachment
{
    private readonly Clsact _clsact;
    private readonly int _index;
    private readonly int _fromPodProgram;
    private readonly int _toPodProgram;

    private IngressQdisc _qdisc;
    private bool _qdiscIsOurs;
    private bool _qdiscChanged;
    private bool _preceded;

    private ClsactAttachment(Clsact clsact, int index, int fromPodProgram, int toPodProgram) =>
        (_clsact, _index, _fromPodProgram, _toPodProgram) = (clsact, index, fromPodProgram, toPodProgram);

    public override bool OneDirection => _qdisc == IngressQdisc.Ingress;

    public override bool Preceded => _preceded;

    /// <summary>Null if the kernel refused any part; then nothing of it is left.</summary>
    public static ClsactAttachment? TryAttach(
        Clsact clsact, int index, int fromPodProgram, int toPodProgram, out AttachFailure failure)
    {
        var attachment = new ClsactAttachment(clsact, index, fromPodProgram, toPodProgram);
        failure = attachment.Attach();
        return failure.Error == 0 ? attachment : null;
    }

    public override bool IsAttached()
    {
        foreach (ClsactDirection direction in _qdisc.Directions())
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
            RemoveOurs(_clsact, _index, _qdisc, _qdiscIsOurs);
        return restoration;
    }

    public override void Detach() => RemoveOurs(_clsact, _index, _qdisc, qdiscIsOurs: false);

    // The kernel removed the qdisc with the interface, or when it moved to another network namespace (dev_shutdown).
    public override void Forget()
    {
    }

    /// <summary>Removes our filters, and the qdisc if we created it and it has no other filters.</summary>
    public static void RemoveOurs(Clsact clsact, int index, IngressQdisc qdisc, bool qdiscIsOurs)
    {
        qdiscIsOurs |= RemoveOurFilters(clsact, index, qdisc);
        if (!qdiscIsOurs || qdisc != IngressQdisc.Clsact)
            return;
        // Other programs may use it by now.
        foreach (ClsactDirection direction in qdisc.Directions())
        {
            if (clsact.ListFilters(index, direction).Count > 0)
                return;
        }

        clsact.RemoveQdisc(index);
    }

    private AttachFailure Attach()
    {
        int error = _clsact.AddQdisc(_index);
        bool made = error == 0;
        _qdisc = made ? IngressQdisc.Clsact : IngressQdisc.None;
        if (error == LibC.Exists && _clsact.ListIngressQdiscs().TryGetValue(_index, out _qdisc))
        {
            made = RemoveOurFilters(_clsact, _index, _qdisc) || (_qdiscIsOurs && !_qdiscChanged);
            error = 0;
        }

        _qdiscIsOurs = made;
        foreach (ClsactDirection direction in _qdisc.Directions())
        {
            if (error == 0)
                error = AddFilter(direction, NameIn(direction));
        }

        if (error == 0)
            _preceded = IsPreceded();
        else
            RemoveOurs(_clsact, _index, _qdisc, _qdiscIsOurs);
        return new AttachFailure(error);
    }

    private Restoration Restore(out AttachFailure failure)
    {
        failure = default;
        var restoration = Restoration.None;
        foreach (ClsactDirection direction in _qdisc.Directions())
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

    /// <summary>Removes our filter before adding it again: packets that pass two of our filters would be counted twice.</summary>
    private int Move(ClsactDirection direction, ClsactFilter ours)
    {
        int error = _clsact.RemoveFilter(_index, direction, ours);
        return error is 0 or LibC.NoEntry ? AddFilter(direction, ours.Name) : error;
    }

    private int AddFilter(ClsactDirection direction, string name) =>
        _clsact.AddFilter(_index, direction, direction == ClsactDirection.Ingress ? _fromPodProgram : _toPodProgram, name);

    private string NameIn(ClsactDirection direction) =>
        (direction == ClsactDirection.Ingress ? ClsactFilter.FromPodName : ClsactFilter.ToPodName)
        + (_qdiscIsOurs ? ClsactFilter.OwnQdiscSuffix : "");

    private bool IsPreceded()
    {
        bool any = false;
        foreach (ClsactDirection direction in _qdisc.Directions())
            any |= OrderOf(direction).IsPreceded;
        return any;
    }

    private FilterOrder OrderOf(ClsactDirection direction) => new(_clsact.ListFilters(_index, direction));

    /// <summary>True if the name of a removed filter says that its agent created the qdisc.</summary>
    private static bool RemoveOurFilters(Clsact clsact, int index, IngressQdisc qdisc)
    {
        bool ownsQdisc = false;
        foreach (ClsactDirection direction in qdisc.Directions())
        {
            foreach (ClsactFilter filter in clsact.ListFilters(index, direction).Where(filter => filter.IsOurs))
            {
                ownsQdisc |= filter.OwnsQdisc;
                clsact.RemoveFilter(index, direction, filter);
            }
        }

        return ownsQdisc;
    }
}
