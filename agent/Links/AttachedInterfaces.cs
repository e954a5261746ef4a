using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Depmap.Agent.Links;

/// <summary>Attaches one interface; null when the kernel refused.</summary>
internal delegate InterfaceAttachment? Attacher(int index, out AttachFailure failure);

/// <summary>
/// The pod interfaces that hold our programs, kept as the kernel's list says. Used by one thread; any may ask for the count.
/// </summary>
internal sealed class AttachedInterfaces(
    Attacher attach, ChannelWriter<InterfaceChange> changes, ILogger logger, CancellationToken stop)
{
    private readonly Dictionary<int, (string Name, InterfaceAttachment Attachment)> attached = [];
    private readonly HashSet<int> failing = [];
    private volatile int count;

    public int Count => count;

    /// <summary>Some interface could not be attached, and may be at another try.</summary>
    public bool HasFailures => failing.Count > 0;

    /// <summary>Attaches what is new, and detaches what is no pod's interface any more.</summary>
    /// <param name="podInterfaces">All of the network namespace.</param>
    /// <param name="eventsLost">
    /// Then an index may have gone and come back unseen, and each is checked. Otherwise it is the same interface until its
    /// RTM_DELLINK, whatever becomes of its name, its hardware address (Calico, Cilium and others set it late) or its peer.
    /// </param>
    public void Update(List<Link> podInterfaces, bool eventsLost)
    {
        var wanted = podInterfaces.ToDictionary(link => link.Index);
        failing.IntersectWith(wanted.Keys);
        foreach (int index in attached.Keys.ToArray())
        {
            if (!wanted.ContainsKey(index))
                Detach(index);
            else if (eventsLost && !attached[index].Attachment.IsAttached())
                Forget(index);
        }

        // By tcx each direction takes 10 to 20 ms: the kernel waits for an RCU grace period after the program is in place.
        foreach (Link link in podInterfaces)
        {
            if (!attached.ContainsKey(link.Index))
                Attach(link);
        }
    }

    /// <summary>The interface is gone, and its programs went with it.</summary>
    public void Forget(int index)
    {
        if (!attached.Remove(index, out var gone))
            return;
        gone.Attachment.Forget();
        logger.Gone(gone.Name, index);
        Publish(new InterfaceChange(index, Attached: false));
    }

    /// <summary>Leaves no program behind.</summary>
    public void DetachAll()
    {
        foreach (int index in attached.Keys.ToArray())
            Detach(index);
    }

    private void Attach(Link link)
    {
        if (attach(link.Index, out AttachFailure failure) is { } attachment)
        {
            attached.Add(link.Index, (link.Name, attachment));
            failing.Remove(link.Index);
            logger.Attached(link.Name, link.Index);
            Publish(new InterfaceChange(link.Index, Attached: true));
        }
        else if (!failure.IsGone && failing.Add(link.Index))
        {
            logger.CannotAttach(link.Name, link.Index, failure.Reason);
        }
    }

    private void Detach(int index)
    {
        attached.Remove(index, out var left);
        try
        {
            left.Attachment.Detach();
            logger.Detached(left.Name, index);
        }
        catch (NetlinkException e)
        {
            logger.CannotDetach(left.Name, index, e.Message);
        }

        Publish(new InterfaceChange(index, Attached: false));
    }

    private void Publish(InterfaceChange change)
    {
        count = attached.Count;
        // When the channel is full, waiting here holds back only netlink, which queues, or says that it lost messages.
        // At the end nobody may be reading any more.
        if (!changes.TryWrite(change) && !stop.IsCancellationRequested)
            changes.WriteAsync(change, stop).AsTask().GetAwaiter().GetResult();
    }
}
