using System.Net;
using System.Threading.Channels;
using Depmap.Agent.Kernel;
using Microsoft.Extensions.Logging;

namespace Depmap.Agent.Links;

/// <summary>
/// Keeps the two programs attached to every pod interface of the network namespace, from the moment it appears: by
/// rtnetlink's list at the start and after each event that may change it.
/// </summary>
/// <param name="fromPodProgram">Descriptor of the program for what pods send; stays open until <see cref="RunAsync"/> ends.</param>
/// <param name="toPodProgram">Descriptor of the program for what pods receive; likewise.</param>
/// <param name="mode">How to attach.</param>
/// <param name="nodeAddresses">The node's own; may be empty: then its uplink is known by the default route alone.</param>
/// <param name="changes">Told of each interface attached or left, in that order.</param>
/// <param name="own">Given the addresses of all interfaces after each change.</param>
/// <param name="leadToPods">Told after each change which interfaces lead to pods: theirs, and those that theirs are ports of.</param>
/// <param name="logger">Debug for each interface, one line of information after the first list.</param>
internal sealed class PodInterfaces(
    int fromPodProgram,
    int toPodProgram,
    AttachMode mode,
    IReadOnlyList<IPAddress> nodeAddresses,
    ChannelWriter<InterfaceChange> changes,
    NodeAddresses own,
    Action<HashSet<int>> leadToPods,
    ILogger<PodInterfaces> logger)
{
    private const int RetrySeconds = 10;
    private const int ReadsPerUpdate = 256;

    private readonly TaskCompletionSource ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile AttachedInterfaces? attached;

    /// <summary>How many interfaces are attached now.</summary>
    public int Watched => attached?.Count ?? 0;

    /// <summary>Completes when the interfaces found at the start are attached; fails when <see cref="RunAsync"/> does before.</summary>
    public Task Ready => ready.Task;

    /// <summary>Runs on a thread of its own, in the network namespace of the calling one, until cancelled; then detaches all.</summary>
    /// <exception cref="NetlinkException">At the start, the kernel refused to list interfaces, or later the socket failed.</exception>
    public Task RunAsync(CancellationToken stop)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() => RunThread(ended, stop)) { IsBackground = true, Name = "pod interfaces" }.Start();
        return ended.Task;
    }

    private void RunThread(TaskCompletionSource ended, CancellationToken stop)
    {
        try
        {
            Run(stop);
            ready.TrySetCanceled(stop);
            ended.SetResult();
        }
        catch (Exception e)
        {
            ready.TrySetException(e);
            ended.SetException(e);
        }
    }

    private void Run(CancellationToken stop)
    {
        using var requests = NetlinkSocket.Open();
        // Joined before the first list is read: nothing falls between.
        using var events = NetlinkSocket.Open(Rtnetlink.LinkGroup | Rtnetlink.RouteGroups | Rtnetlink.AddressGroups);
        using var signal = new StopSignal(stop);
        var dump = new PodInterfaceDump(requests, nodeAddresses.ToHashSet());
        var clsact = new Clsact(requests);
        var interfaces = new AttachedInterfaces(ChooseAttacher(clsact), changes, logger, stop);
        attached = interfaces;
        ClsactAttachment.RemoveLeftovers(clsact);
        try
        {
            Update(dump, interfaces, eventsLost: false);
            logger.Watching(interfaces.Count, mode == AttachMode.Tcx ? "tcx" : "clsact");
            ready.TrySetResult();
            Follow(events, signal, dump, interfaces);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Asked to stop while the reader of the channel kept us waiting.
        }
        finally
        {
            interfaces.DetachAll();
        }
    }

    private void Follow(NetlinkSocket events, StopSignal signal, PodInterfaceDump dump, AttachedInterfaces interfaces)
    {
        bool failed = false, lost = false;
        while (signal.Wait(events.Handle, failed || interfaces.HasFailures ? RetrySeconds * 1000 : -1))
        {
            bool changed = Drain(events, interfaces, ref lost);
            if (changed || lost || failed || interfaces.HasFailures)
            {
                try
                {
                    Update(dump, interfaces, lost);
                    failed = lost = false;
                }
                catch (NetlinkException e)
                {
                    failed = true;
                    logger.CannotRead(RetrySeconds, e.Message);
                }
            }
        }
    }

    private void Update(PodInterfaceDump dump, AttachedInterfaces interfaces, bool eventsLost)
    {
        (List<Link> links, List<InterfaceAddress> addresses) = dump.Read();
        own.Set([.. addresses.Select(address => Address.From(address.Address))]);
        leadToPods([.. links.Select(link => link.Index), .. links.Where(link => link.Master != 0).Select(link => link.Master)]);
        interfaces.Update(links, eventsLost);
    }

    /// <summary>Reads the events that wait; true when the list of pod interfaces may have changed.</summary>
    private bool Drain(NetlinkSocket events, AttachedInterfaces interfaces, ref bool lost)
    {
        bool changed = false;
        // Once it has lost messages, the kernel loses the next ones silently until the queue is empty (NETLINK_S_CONGESTED).
        for (int reads = 0; lost || reads < ReadsPerUpdate; reads++)
        {
            NetlinkReceived received = events.Receive(message =>
            {
                bool isLink = Link.TryRead(message, out Link link);
                if (isLink && message.Type == Rtnetlink.DeleteLink)
                    interfaces.Forget(link.Index);
                changed |= isLink || DefaultRoute.IsIn(message)
                    || message.Type is Rtnetlink.NewAddress or Rtnetlink.DeleteAddress;
            });
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

    private Attacher ChooseAttacher(Clsact clsact) => mode switch
    {
        AttachMode.Tcx => (int index, out AttachFailure failure) =>
            TcxAttachment.TryAttach(index, fromPodProgram, toPodProgram, out failure),
        _ => (int index, out AttachFailure failure) =>
            ClsactAttachment.TryAttach(clsact, index, fromPodProgram, toPodProgram, out failure),
    };
}
