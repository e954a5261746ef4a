using System.Diagnostics;
using System.Net;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Depmap.Agent.Links;

/// <summary>
/// Keeps the programs attached to all pod interfaces of the network namespace, following rtnetlink events. With tcx an
/// interface is attached as soon as it appears, with clsact once it has settled.
/// </summary>
/// <param name="fromPodProgram">Descriptor of the program for what pods send; must stay open until <see cref="RunAsync"/> ends.</param>
/// <param name="toPodProgram">Descriptor of the program for what pods receive; likewise.</param>
/// <param name="mode">How to attach.</param>
/// <param name="nodeAddresses">The node's addresses; if empty, its uplink is identified by the default route alone.</param>
/// <param name="changes">Receives each interface that is attached or detached, in order.</param>
/// <param name="ownAddresses">Receives the addresses of all interfaces after each change.</param>
/// <param name="setPodDevices">Receives the interfaces that lead to pods after each change: the pods' and those they are ports of.</param>
/// <param name="settle">With clsact, how long a new interface is left alone; see <see cref="SettleTime"/>.</param>
/// <param name="logger">Logs each interface at debug level, and one message after the first list.</param>
internal sealed class PodInterfaces(
    int fromPodProgram,
    int toPodProgram,
    AttachMode mode,
    IReadOnlyList<IPAddress> nodeAddresses,
    ChannelWriter<InterfaceChange> changes,
    NodeAddresses ownAddresses,
    Action<HashSet<int>> setPodDevices,
    TimeSpan settle,
    ILogger<PodInterfaces> logger)
{
    /// <summary>
    /// How long clsact leaves a new interface alone. The CNI plugin <c>bandwidth</c> adds an <c>ingress</c> qdisc at the same
    /// place: with clsact there it fails with EEXIST, and the pod does not start (containernetworking/plugins issue 894). It
    /// does so within the CNI call that creates the interface.
    /// </summary>
    public static readonly TimeSpan SettleTime = TimeSpan.FromSeconds(3);

    private const int RetrySeconds = 10;
    private const int ReadsPerUpdate = 256;

    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly bool _byClsact = mode == AttachMode.Clsact;
    private HashSet<int> _settlingAtStart = [];
    private int _omittedAddresses;
    private volatile AttachedInterfaces? _attached;

    /// <summary>How many interfaces are observed, and what limits it. Safe to read from any thread; does not block.</summary>
    public AttachmentState State => _attached?.State ?? default;

    /// <summary>
    /// Completes when the interfaces found at the start are attached, with clsact once they have settled; fails if
    /// <see cref="RunAsync"/> fails earlier.
    /// </summary>
    public Task Ready => _ready.Task;

    private static TimeSpan Now => Stopwatch.GetElapsedTime(0);

    /// <summary>Runs on its own thread, in the caller's network namespace, until cancelled; then detaches all interfaces.</summary>
    /// <exception cref="NetlinkException">The kernel refused to list interfaces at the start, or the socket failed later.</exception>
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
        // Subscribe before reading the first list, so that no change is missed.
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
            ProcessEvents(events, requests.Port, signal, dump, interfaces);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Cancelled while waiting for room in the channel.
        }
        finally
        {
            interfaces.DetachAll();
        }
    }

    /// <summary>Attaches interfaces that need not settle, and removes what a killed agent left elsewhere.</summary>
    private void Start(PodInterfaceDump dump, Clsact clsact, AttachedInterfaces interfaces)
    {
        // If there is a qdisc already, no plugin can fail because of ours. What a killed agent left is in such a qdisc too and
        // is replaced when we attach, so that hardly any packet is missed.
        if (_byClsact)
            interfaces.SkipSettling(clsact.ListIngressQdiscs().Keys);
        Update(dump, interfaces, eventsLost: false);
        ClsactCleanup.Remove(clsact, kept: _byClsact ? interfaces.Attached : []);
        _settlingAtStart = interfaces.Settling;
        SetReadyOnceAttached(interfaces);
    }

    private void SetReadyOnceAttached(AttachedInterfaces interfaces)
    {
        if (_ready.Task.IsCompleted)
            return;
        _settlingAtStart.RemoveWhere(index => !interfaces.IsSettling(index));
        if (_settlingAtStart.Count > 0)
            return;
        logger.Watching(interfaces.State.Attached, _byClsact ? "clsact" : "tcx");
        _ready.TrySetResult();
    }

    private void ProcessEvents(
        NetlinkSocket events, uint ownPort, StopSignal signal, PodInterfaceDump dump, AttachedInterfaces interfaces)
    {
        bool lost = false;
        TimeSpan? retry = RetryTime(interfaces.HasFailures);
        // After a failure, wait for the retry only; otherwise the failing operation would be repeated without a pause.
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

                interfaces.RunDue(Now);
                retry = interfaces.HasFailures ? retry ?? RetryTime(true) : null;
                SetReadyOnceAttached(interfaces);
            }
            catch (NetlinkException e)
            {
                // The pending checks are lost: check all interfaces, as after lost events.
                lost = true;
                retry = RetryTime(true);
                logger.CannotRead(RetrySeconds, e.Message);
            }
        }
    }

    private void Update(PodInterfaceDump dump, AttachedInterfaces interfaces, bool eventsLost)
    {
        (List<Link> links, List<InterfaceAddress> addresses, int serviceInterface) = dump.Read();
        int omitted = ownAddresses.Set(addresses, serviceInterface);
        if (omitted > 0 && _omittedAddresses == 0)
            logger.AddressesOmitted(NodeAddresses.MaxReported, omitted);
        _omittedAddresses = omitted;
        setPodDevices([.. links.Select(link => link.Index), .. links.Where(link => link.Master != 0).Select(link => link.Master)]);
        interfaces.Update(links, eventsLost, Now);
    }

    /// <summary>Reads pending events; true if the list of pod interfaces may have changed.</summary>
    private bool Drain(NetlinkSocket events, uint ownPort, AttachedInterfaces interfaces, ref bool lost)
    {
        bool changed = false;
        NetlinkHandler handle = message =>
        {
            bool isLink = Link.TryRead(message, out Link link);
            if (isLink && message.Type == Rtnetlink.DeleteLink)
                interfaces.Forget(link.Index);
            else if (TrafficControlEvent.TryRead(message, ownPort, out TrafficControlEvent change))
                interfaces.OnTrafficControlChange(change, Now);
            changed |= isLink || DefaultRoute.IsIn(message)
                || message.Type is Rtnetlink.NewAddress or Rtnetlink.DeleteAddress;
        };
        // After losing messages, the kernel drops further ones silently until the queue is empty (NETLINK_S_CONGESTED).
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

    /// <summary>A timeout for poll(2): -1 to wait without one.</summary>
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
