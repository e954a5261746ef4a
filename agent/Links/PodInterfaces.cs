using System.Diagnostics;
using System.Net;
using System.Threading.Channels;
using Depmap.Agent.Records;
using Microsoft.Extensions.Logging;

namespace Depmap.Agent.Links;

/// <summary>
/// Keeps the two programs attached to every pod interface of the network namespace, by rtnetlink's list at the start and
/// after each event that may change it: by tcx from the moment an interface appears, by clsact once it has settled.
/// </summary>
/// <param name="fromPodProgram">Descriptor of the program for what pods send; stays open until <see cref="RunAsync"/> ends.</param>
/// <param name="toPodProgram">Descriptor of the program for what pods receive; likewise.</param>
/// <param name="mode">How to attach.</param>
/// <param name="nodeAddresses">The node's own; may be empty: then its uplink is known by the default route alone.</param>
/// <param name="changes">Told of each interface attached or left, in that order.</param>
/// <param name="own">Given the addresses of all interfaces after each change.</param>
/// <param name="leadToPods">Told after each change which interfaces lead to pods: theirs, and those that theirs are ports of.</param>
/// <param name="settle">By clsact, the age from which an interface is attached; see <see cref="SettleTime"/>.</param>
/// <param name="logger">Debug for each interface, one line of information after the first list.</param>
internal sealed class PodInterfaces(
    int fromPodProgram,
    int toPodProgram,
    AttachMode mode,
    IReadOnlyList<IPAddress> nodeAddresses,
    ChannelWriter<InterfaceChange> changes,
    NodeAddresses own,
    Action<HashSet<int>> leadToPods,
    TimeSpan settle,
    ILogger<PodInterfaces> logger)
{
    /// <summary>
    /// How long a new interface is left alone by clsact. The CNI plugin <c>bandwidth</c> adds an <c>ingress</c> qdisc in
    /// the same place: it fails with EEXIST when clsact is there, and the pod does not start (containernetworking/plugins
    /// issue 894). It does so within the same CNI call that makes the interface.
    /// </summary>
    public static readonly TimeSpan SettleTime = TimeSpan.FromSeconds(3);

    private const int RetrySeconds = 10;
    private const int ReadsPerUpdate = 256;

    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly bool _byClsact = mode == AttachMode.Clsact;
    private HashSet<int> _foundYoung = []; // at the start, and not attached yet
    private volatile AttachedInterfaces? _attached;

    /// <summary>How many interfaces are observed now, and what limits it. Any thread may ask, without waiting.</summary>
    public AttachmentState State => _attached?.State ?? default;

    /// <summary>
    /// Completes when the interfaces found at the start are attached, by clsact after those that are young have settled;
    /// fails when <see cref="RunAsync"/> does before.
    /// </summary>
    public Task Ready => _ready.Task;

    private static TimeSpan Now => Stopwatch.GetElapsedTime(0);

    /// <summary>Runs on a thread of its own, in the network namespace of the calling one, until cancelled; then detaches all.</summary>
    /// <exception cref="NetlinkException">At the start, the kernel refused to list interfaces, or later the socket failed.</exception>
    public Task RunAsync(CancellationToken cancellationToken)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() => RunThread(ended, cancellationToken)) { IsBackground = true, Name = "pod interfaces" }.Start();
        return ended.Task;
    }

    private void RunThread(TaskCompletionSource ended, CancellationToken cancellationToken)
    {
        try
        {
            Run(cancellationToken);
            _ready.TrySetCanceled(cancellationToken);
            ended.SetResult();
        }
        catch (Exception e)
        {
            _ready.TrySetException(e);
            ended.SetException(e);
        }
    }

    private void Run(CancellationToken cancellationToken)
    {
        using var requests = NetlinkSocket.Open();
        // Joined before the first list is read: nothing falls between.
        using var events = NetlinkSocket.Open(
            Rtnetlink.LinkGroup | Rtnetlink.RouteGroups | Rtnetlink.AddressGroups | (_byClsact ? Rtnetlink.TrafficGroup : 0));
        using var signal = new StopSignal(cancellationToken);
        var dump = new PodInterfaceDump(requests, nodeAddresses.ToHashSet());
        var clsact = new Clsact(requests);
        var interfaces = new AttachedInterfaces(
            ChooseAttacher(clsact), _byClsact ? settle : TimeSpan.Zero, changes, new AttachmentLog(logger), cancellationToken);
        _attached = interfaces;
        try
        {
            Start(dump, clsact, interfaces);
            Follow(events, requests.Port, signal, dump, interfaces);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Asked to stop while the reader of the channel kept us waiting.
        }
        finally
        {
            interfaces.DetachAll();
        }
    }

    /// <summary>Attaches what can be at once, and removes what a killed predecessor left elsewhere.</summary>
    private void Start(PodInterfaceDump dump, Clsact clsact, AttachedInterfaces interfaces)
    {
        // Where a qdisc stands in the place already, no plugin will fail because of ours. What a predecessor left lies in
        // such a qdisc too, and is replaced where we attach: so hardly a packet is missed.
        if (_byClsact)
            interfaces.RegardAsOld(clsact.Places().Keys);
        Update(dump, interfaces, eventsLost: false);
        ClsactLeftovers.Remove(clsact, kept: _byClsact ? interfaces.Attached : []);
        _foundYoung = interfaces.Young;
        AnnounceOnceAttached(interfaces);
    }

    private void AnnounceOnceAttached(AttachedInterfaces interfaces)
    {
        if (_ready.Task.IsCompleted)
            return;
        _foundYoung.RemoveWhere(index => !interfaces.IsYoung(index));
        if (_foundYoung.Count > 0)
            return;
        logger.Watching(interfaces.State.Attached, _byClsact ? "clsact" : "tcx");
        _ready.TrySetResult();
    }

    private void Follow(
        NetlinkSocket events, uint ownPort, StopSignal signal, PodInterfaceDump dump, AttachedInterfaces interfaces)
    {
        bool lost = false;
        TimeSpan? retry = RetryTime(interfaces.HasFailures);
        // After a failure only the retry is due, or what cannot be done would be tried without a pause.
        while (signal.Wait(events.Handle, MillisecondsUntil(lost ? retry : DueTimes.Earlier(retry, interfaces.NextDue))))
        {
            bool changed = Drain(events, ownPort, interfaces, ref lost);
            try
            {
                if (changed || lost || retry <= Now)
                {
                    Update(dump, interfaces, lost);
                    lost = false;
                    retry = null;
                }

                interfaces.DoWhatIsDue(Now);
                retry = interfaces.HasFailures ? retry ?? RetryTime(true) : null;
                AnnounceOnceAttached(interfaces);
            }
            catch (NetlinkException e)
            {
                // Which interfaces were still to be checked is not known any more: all are, as after lost events.
                lost = true;
                retry = RetryTime(true);
                logger.CannotRead(RetrySeconds, e.Message);
            }
        }
    }

    private void Update(PodInterfaceDump dump, AttachedInterfaces interfaces, bool eventsLost)
    {
        (List<Link> links, List<InterfaceAddress> addresses) = dump.Read();
        own.Set([.. addresses.Select(address => Address.From(address.Address))]);
        leadToPods([.. links.Select(link => link.Index), .. links.Where(link => link.Master != 0).Select(link => link.Master)]);
        interfaces.Update(links, eventsLost, Now);
    }

    /// <summary>Reads the events that wait; true when the list of pod interfaces may have changed.</summary>
    private bool Drain(NetlinkSocket events, uint ownPort, AttachedInterfaces interfaces, ref bool lost)
    {
        bool changed = false;
        NetlinkHandler handle = message =>
        {
            bool isLink = Link.TryRead(message, out Link link);
            if (isLink && message.Type == Rtnetlink.DeleteLink)
                interfaces.Forget(link.Index);
            else if (TrafficEvent.TryRead(message, ownPort, out TrafficEvent change))
                interfaces.NoteChange(change, Now);
            changed |= isLink || DefaultRoute.IsIn(message)
                || message.Type is Rtnetlink.NewAddress or Rtnetlink.DeleteAddress;
        };
        // Once it has lost messages, the kernel loses the next ones silently until the queue is empty (NETLINK_S_CONGESTED).
        for (int reads = 0; lost || reads < ReadsPerUpdate; reads++)
        {
            NetlinkReceived received = events.Receive(handle);
            if (received == NetlinkReceived.Nothing)
                break;
            if (received == NetlinkReceived.Lost)
            {
                lost = true;
                logger.EventsLost();
            }
        }

        return changed;
    }

    private static TimeSpan? RetryTime(bool failed) => failed ? Now + TimeSpan.FromSeconds(RetrySeconds) : null;

    /// <summary>For poll(2): -1 when there is no time to wait for.</summary>
    private static int MillisecondsUntil(TimeSpan? time) =>
        time is { } at ? (int)Math.Ceiling(Math.Max(0, (at - Now).TotalMilliseconds)) : -1;

    private Attacher ChooseAttacher(Clsact clsact) => mode switch
    {
        AttachMode.Tcx => (int index, out AttachFailure failure) =>
            TcxAttachment.TryAttach(index, fromPodProgram, toPodProgram, out failure),
        _ => (int index, out AttachFailure failure) =>
            ClsactAttachment.TryAttach(clsact, index, fromPodProgram, toPodProgram, out failure),
    };
}
