using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Depmap.Agent.Links;

/// <summary>
/// The pod interfaces that hold our programs, kept as the kernel's list says: each is young, then attached or failing.
/// Used by one thread; any may ask for the state.
/// </summary>
/// <param name="attach">How to attach.</param>
/// <param name="settle">The age from which an interface is attached, counted from the first list that has it as a pod's.</param>
/// <param name="changes">Receives each interface attached or left, in that order.</param>
/// <param name="log">Written by nobody else.</param>
/// <param name="cancellationToken">Ends waiting for room in <paramref name="changes"/>.</param>
internal sealed class AttachedInterfaces(
    Attacher attach, TimeSpan settle, ChannelWriter<InterfaceChange> changes, AttachmentLog log, CancellationToken cancellationToken)
{
    /// <summary>
    /// From a change of others at an interface to our check of it: long enough for them to finish replacing a qdisc. Where
    /// another program wants to be first as well, it is the interval of the fight.
    /// </summary>
    private static readonly TimeSpan CheckDelay = TimeSpan.FromSeconds(1);

    private readonly Dictionary<int, InterfaceAttachment> _attached = [];
    private readonly HashSet<int> _failing = [];
    private readonly DueTimes _young = new();
    private readonly DueTimes _checks = new();
    private Dictionary<int, string> _names = [];
    private long _restored;
    private volatile StrongBox<AttachmentState> _state = new();

    public AttachmentState State => _state.Value;

    /// <summary>Some interface could not be attached, and may be at another try.</summary>
    public bool HasFailures => _failing.Count > 0;

    /// <summary>When <see cref="DoWhatIsDue"/> has something to do; null for never.</summary>
    public TimeSpan? NextDue => DueTimes.Earlier(_young.Next, _checks.Next);

    /// <summary>Interfaces that hold our programs now.</summary>
    public HashSet<int> Attached => [.. _attached.Keys];

    /// <summary>Interfaces that are still to be attached, when they have settled.</summary>
    public HashSet<int> Young => [.. _names.Keys.Where(IsYoung)];

    public bool IsYoung(int index) => _young.Contains(index);

    /// <summary>These are attached at once, if the next list has them as pods' interfaces.</summary>
    public void RegardAsOld(IEnumerable<int> interfaces)
    {
        foreach (int index in interfaces)
            _young.Add(index, TimeSpan.Zero);
    }

    /// <summary>Attaches what is old enough, and detaches what is no pod's interface any more.</summary>
    /// <param name="podInterfaces">All of the network namespace.</param>
    /// <param name="eventsLost">
    /// Then an index may have gone and come back unseen, and each is checked. Otherwise it is the same interface until its
    /// RTM_DELLINK, whatever becomes of its name, its hardware address (Calico, Cilium and others set it late) or its peer.
    /// </param>
    /// <param name="now">By any clock that only goes forward.</param>
    public void Update(List<Link> podInterfaces, bool eventsLost, TimeSpan now)
    {
        var wanted = podInterfaces.ToDictionary(link => link.Index, link => link.Name);
        foreach (int index in _attached.Keys.Where(index => !wanted.ContainsKey(index)).ToArray())
            Detach(index);
        if (eventsLost)
            RecognizeAttached(now);
        _names = wanted;
        _failing.IntersectWith(wanted.Keys);
        _young.Keep(wanted);

        // By tcx each direction takes 10 to 20 ms: the kernel waits for an RCU grace period after the program is in place.
        foreach (int index in podInterfaces.Select(link => link.Index).Where(index => !_attached.ContainsKey(index)))
        {
            if (!_failing.Contains(index))
                _young.Add(index, now + settle);
            if (_failing.Contains(index) || _young.IsDue(index, now))
                Attach(index);
        }

        TakeSnapshot();
    }

    /// <summary>Somebody changed the traffic control of an interface: it is checked a second later, with all that followed.</summary>
    public void NoteChange(TrafficEvent change, TimeSpan now)
    {
        bool isAttached = _attached.TryGetValue(change.Index, out InterfaceAttachment? attachment);
        if (isAttached && change.OfQdisc)
            attachment!.QdiscChanged();
        if (isAttached || _failing.Contains(change.Index))
            _checks.Add(change.Index, now + CheckDelay);
    }

    /// <summary>Attaches what has come of age, and checks what others changed.</summary>
    /// <exception cref="NetlinkException">The kernel refused to list something: <see cref="Update"/> as if events were lost.</exception>
    public void DoWhatIsDue(TimeSpan now)
    {
        int[] aged = _young.TakeDue(now), changed = _checks.TakeDue(now);
        foreach (int index in aged)
            Attach(index);
        foreach (int index in changed)
        {
            if (_attached.TryGetValue(index, out InterfaceAttachment? attachment))
                Check(index, attachment);
            else if (_failing.Contains(index))
                Attach(index);
        }

        TakeSnapshot();
    }

    /// <summary>The interface is gone, and its programs went with it.</summary>
    public void Forget(int index)
    {
        _young.Remove(index);
        _failing.Remove(index);
        log.Forget(index);
        if (Leave(index, out InterfaceAttachment? gone))
        {
            gone.Forget();
            log.Gone(index, NameOf(index));
            Publish(new InterfaceChange(index, Attached: false));
        }

        TakeSnapshot();
    }

    /// <summary>Leaves no program behind.</summary>
    public void DetachAll()
    {
        foreach (int index in _attached.Keys.ToArray())
            Detach(index);
    }

    private void Attach(int index)
    {
        _young.Remove(index);
        if (attach(index, out AttachFailure failure) is { } attachment)
        {
            _attached.Add(index, attachment);
            _failing.Remove(index);
            log.Attached(index, NameOf(index));
            log.Limits(index, NameOf(index), attachment);
            Publish(new InterfaceChange(index, Attached: true));
        }
        else
        {
            Fail(index, failure);
        }
    }

    private void Check(int index, InterfaceAttachment attachment)
    {
        Restoration restoration = attachment.Check(out AttachFailure failure);
        if (restoration == Restoration.Failed)
        {
            Leave(index, out _);
            Fail(index, failure);
            Publish(new InterfaceChange(index, Attached: false));
            return;
        }

        if (restoration != Restoration.None)
        {
            _restored++;
            log.AttachedAgain(index, NameOf(index), restoration);
        }

        log.Limits(index, NameOf(index), attachment);
    }

    private void Fail(int index, AttachFailure failure)
    {
        if (failure.IsGone)
        {
            _failing.Remove(index);
            return;
        }

        _failing.Add(index);
        log.CannotAttach(index, NameOf(index), failure.Reason);
    }

    /// <summary>Forgets what only has the index of an interface that was attached; of the others no age is known.</summary>
    private void RecognizeAttached(TimeSpan now)
    {
        _young.Clear();
        _failing.Clear();
        foreach ((int index, InterfaceAttachment attachment) in _attached.ToArray())
        {
            if (attachment.IsAttached())
                _checks.Add(index, now);
            else
                Forget(index);
        }
    }

    private void Detach(int index)
    {
        Leave(index, out InterfaceAttachment? left);
        try
        {
            left!.Detach();
            log.Detached(index, NameOf(index));
        }
        catch (NetlinkException e)
        {
            log.CannotDetach(index, NameOf(index), e.Message);
        }

        Publish(new InterfaceChange(index, Attached: false));
    }

    private bool Leave(int index, [NotNullWhen(true)] out InterfaceAttachment? attachment)
    {
        _checks.Remove(index);
        return _attached.Remove(index, out attachment);
    }

    private void Publish(InterfaceChange change)
    {
        TakeSnapshot();
        // When the channel is full, waiting here holds back only netlink, which queues, or says that it lost messages.
        // At the end nobody may be reading any more.
        if (!changes.TryWrite(change) && !cancellationToken.IsCancellationRequested)
            changes.WriteAsync(change, cancellationToken).AsTask().GetAwaiter().GetResult();
    }

    private void TakeSnapshot()
    {
        int unobserved = _attached.Values.Count(attachment => attachment is { OneDirection: true, Preceded: true });
        AttachmentState now = new(
            _attached.Count - unobserved,
            _attached.Values.Count(attachment => attachment is { OneDirection: true, Preceded: false }),
            _attached.Values.Count(attachment => attachment is { OneDirection: false, Preceded: true }),
            unobserved,
            _young.Count,
            _failing.Count,
            _restored);
        if (now != _state.Value)
            _state = new(now);
    }

    private string NameOf(int index) => _names.GetValueOrDefault(index, "");
}
