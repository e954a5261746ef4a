using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Depmap.Agent.Links;

/// <summary>
/// The pod interfaces and their attachments, kept in step with the kernel's list: each interface is settling first, then
/// attached or failing. Used by one thread; any thread may read the state.
/// </summary>
/// <param name="attach">Attaches an interface.</param>
/// <param name="settle">How long an interface is left alone after the first list that contains it.</param>
/// <param name="changes">Receives each interface that is attached or detached, in order.</param>
/// <param name="log">Used by this object only.</param>
/// <param name="cancellationToken">Cancels waiting for room in <paramref name="changes"/>.</param>
internal sealed class AttachedInterfaces(
    Attacher attach, TimeSpan settle, ChannelWriter<InterfaceChange> changes, AttachmentLog log, CancellationToken cancellationToken)
{
    /// <summary>
    /// Delay from another program's change at an interface to our check: long enough for it to finish replacing a qdisc. If
    /// the other program wants to be first as well, the two change places at this interval.
    /// </summary>
    private static readonly TimeSpan CheckDelay = TimeSpan.FromSeconds(1);

    private readonly Dictionary<int, InterfaceAttachment> _attached = [];
    private readonly HashSet<int> _failing = [];
    private readonly DueTimes _settling = new();
    private readonly DueTimes _checks = new();
    private readonly Dictionary<int, long> _appeared = [];
    private Dictionary<int, string>? _names;
    private long _restored;
    private volatile StrongBox<AttachmentState> _state = new();

    public AttachmentState State => _state.Value;

    /// <summary>Whether there are interfaces that could not be attached; attaching is retried.</summary>
    public bool HasFailures => _failing.Count > 0;

    /// <summary>When <see cref="RunDue"/> has something to do; null for never.</summary>
    public TimeSpan? NextDue => DueTimes.Earlier(_settling.Next, _checks.Next);

    /// <summary>Interfaces with our programs.</summary>
    public HashSet<int> Attached => [.. _attached.Keys];

    /// <summary>Interfaces that are not attached yet because they are settling.</summary>
    public HashSet<int> Settling => [.. (_names ?? []).Keys.Where(IsSettling)];

    public bool IsSettling(int index) => _settling.Contains(index);

    /// <summary>Attaches these interfaces without delay if the next list contains them.</summary>
    public void SkipSettling(IEnumerable<int> interfaces)
    {
        foreach (int index in interfaces)
            _settling.Add(index, TimeSpan.Zero);
    }

    /// <summary>Attaches interfaces that have settled and detaches those that are no longer pod interfaces.</summary>
    /// <param name="podInterfaces">All pod interfaces of the network namespace.</param>
    /// <param name="eventsLost">
    /// If events were lost, an index may have been removed and reused, and each attachment is checked. Otherwise an index means
    /// the same interface until RTM_DELLINK, even if its name, hardware address (Calico, Cilium and others set it late) or peer
    /// changes.
    /// </param>
    /// <param name="now">CLOCK_MONOTONIC.</param>
    public void Update(List<Link> podInterfaces, bool eventsLost, TimeSpan now)
    {
        var wanted = podInterfaces.ToDictionary(link => link.Index, link => link.Name);
        foreach (int index in _attached.Keys.Where(index => !wanted.ContainsKey(index)).ToArray())
            Detach(index);
        if (eventsLost)
            VerifyAttached(now);
        NoteAppearances(wanted, isKnown: _names is not null && !eventsLost, now);
        _names = wanted;
        _failing.IntersectWith(wanted.Keys);
        _settling.Keep(wanted);

        // With tcx, each direction takes 10 to 20 ms: the kernel waits for an RCU grace period.
        foreach (int index in podInterfaces.Select(link => link.Index).Where(index => !_attached.ContainsKey(index)))
        {
            if (!_failing.Contains(index))
                _settling.Add(index, now + settle);
            if (_failing.Contains(index) || _settling.IsDue(index, now))
                Attach(index);
        }

        UpdateState();
    }

    /// <summary>Another program changed the traffic control of an interface: it is checked a second later, once for all changes.</summary>
    public void OnTrafficControlChange(TrafficControlEvent change, TimeSpan now)
    {
        bool isAttached = _attached.TryGetValue(change.Index, out InterfaceAttachment? attachment);
        if (isAttached && change.IsQdisc)
            attachment!.QdiscChanged();
        if (isAttached || _failing.Contains(change.Index))
            _checks.Add(change.Index, now + CheckDelay);
    }

    /// <summary>Attaches interfaces that have settled and checks those that others changed.</summary>
    /// <exception cref="NetlinkException">A list cannot be read: call <see cref="Update"/> as if events were lost.</exception>
    public void RunDue(TimeSpan now)
    {
        int[] settled = _settling.TakeDue(now), changed = _checks.TakeDue(now);
        foreach (int index in settled)
            Attach(index);
        foreach (int index in changed)
        {
            if (_attached.TryGetValue(index, out InterfaceAttachment? attachment))
                Check(index, attachment);
            else if (_failing.Contains(index))
                Attach(index);
        }

        UpdateState();
    }

    /// <summary>Removes an interface that no longer exists; its programs are gone with it.</summary>
    public void Forget(int index)
    {
        _settling.Remove(index);
        _failing.Remove(index);
        log.Forget(index);
        if (TryRemove(index, out InterfaceAttachment? gone))
        {
            gone.Forget();
            log.Gone(index, NameOf(index));
            Publish(new InterfaceChange(index, Attached: false));
        }

        _names?.Remove(index);
        UpdateState();
    }

    /// <summary>Detaches all interfaces.</summary>
    public void DetachAll()
    {
        foreach (int index in _attached.Keys.ToArray())
            Detach(index);
    }

    private void NoteAppearances(Dictionary<int, string> wanted, bool isKnown, TimeSpan now)
    {
        bool IsSame(int index) => isKnown && wanted.ContainsKey(index) && _names!.ContainsKey(index);
        foreach (int index in _appeared.Keys.Where(index => !IsSame(index)).ToArray())
            _appeared.Remove(index);
        foreach (int index in wanted.Keys.Where(index => isKnown && !IsSame(index)))
            _appeared[index] = now.Ticks * TimeSpan.NanosecondsPerTick;
    }

    private void Attach(int index)
    {
        _settling.Remove(index);
        if (attach(index, out AttachFailure failure) is { } attachment)
        {
            _attached.Add(index, attachment);
            _failing.Remove(index);
            log.Attached(index, NameOf(index));
            log.Limits(index, NameOf(index), attachment);
            Publish(new InterfaceChange(index, Attached: true, _appeared.GetValueOrDefault(index)));
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
            TryRemove(index, out _);
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

    /// <summary>Removes attachments whose index now belongs to another interface; for the others the settle time starts again.</summary>
    private void VerifyAttached(TimeSpan now)
    {
        _settling.Clear();
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
        TryRemove(index, out InterfaceAttachment? removed);
        try
        {
            removed!.Detach();
            log.Detached(index, NameOf(index));
        }
        catch (NetlinkException e)
        {
            log.CannotDetach(index, NameOf(index), e.Message);
        }

        Publish(new InterfaceChange(index, Attached: false));
    }

    private bool TryRemove(int index, [NotNullWhen(true)] out InterfaceAttachment? attachment)
    {
        _checks.Remove(index);
        return _attached.Remove(index, out attachment);
    }

    private void Publish(InterfaceChange change)
    {
        UpdateState();
        // If the channel is full, only netlink is delayed by waiting here; it queues messages or reports that some were lost.
        // After cancellation there may be no reader.
        if (!changes.TryWrite(change) && !cancellationToken.IsCancellationRequested)
            changes.WriteAsync(change, cancellationToken).AsTask().GetAwaiter().GetResult();
    }

    private void UpdateState()
    {
        int unobserved = _attached.Values.Count(attachment => attachment is { OneDirection: true, Preceded: true });
        AttachmentState now = new(
            _attached.Count - unobserved,
            _attached.Values.Count(attachment => attachment is { OneDirection: true, Preceded: false }),
            _attached.Values.Count(attachment => attachment is { OneDirection: false, Preceded: true }),
            unobserved,
            _settling.Count,
            _failing.Count,
            _restored);
        if (now != _state.Value)
            _state = new(now);
    }

    private string NameOf(int index) => _names?.GetValueOrDefault(index) ?? "";
}
