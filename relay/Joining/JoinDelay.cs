using Depmap.Relay.Flows;
using Depmap.Relay.Names;
using Depmap.V1;

namespace Depmap.Relay.Joining;

/// <summary>Says how long a flow with a verdict waits for sightings that would complete it. Pure.</summary>
/// <param name="names">Names as of now.</param>
/// <param name="observed">Whether the node of that name has an agent connected now.</param>
internal readonly struct JoinDelay(ClusterNames names, Func<string, bool> observed)
{
    /// <summary>For a sighting that should come. Nanoseconds.</summary>
    public const long Long = 2 * UnixTime.Second;

    /// <summary>For one that may come, and for word of who has a leaving pod's address now. Nanoseconds.</summary>
    public const long Short = UnixTime.Second / 2;

    /// <summary>For a pod's name: it talks before the API server says its address. Nanoseconds.</summary>
    public const long Name = 3 * UnixTime.Second;

    /// <summary>Nanoseconds from when the verdict was known; 0 to publish at once.</summary>
    public long Wait(JoinedFlow flow)
    {
        bool mayChange = names.Addresses.MayHaveChanged(flow.Opener.Address) || names.Addresses.MayHaveChanged((flow.Answered ?? flow.Asked).Address);
        return Math.Max(WaitForSides(flow), mayChange ? Short : 0);
    }

    private long WaitForSides(JoinedFlow flow)
    {
        bool forwarded = flow.Decision.Verdict == Verdict.Forwarded;
        if (flow.Client is { } client)
            return forwarded ? WaitOfForwarded(flow, client.Value) : WaitOfDropped(flow, client.Value);
        bool clientIsSeen = IsObservedPod(flow.Opener.Address, flow.Opened);
        if (flow.Server is null)
            return clientIsSeen ? Short : 0;
        // A node's address may stand for a pod's (masquerade), and a pod may talk before its address is known.
        Owner? opener = flow.OpenerNode ?? names.Addresses.OwnerAt(flow.Opener.Address, flow.Opened);
        return clientIsSeen ? Long : opener is null or { Pod: null } ? Short : 0;
    }

    /// <summary>
    /// Whether a pod's address has no name yet. The end at whose interface a flow was seen is a pod; the other may be anybody.
    /// </summary>
    public bool LacksName(JoinedFlow flow) =>
        (flow.Client is { Value.Client: var client } && names.Addresses.OwnerAt(client.Address, flow.Opened) is null)
        || (flow.Server is { Value.Server: var server } && names.Addresses.OwnerAt(server.Address, flow.Opened) is null);

    /// <summary>Whether the other side's sighting could exist, should its agent come back: then the flow is kept longer.</summary>
    public bool LacksSide(JoinedFlow flow)
    {
        if (flow.Client is null)
            return names.Addresses.PodAt(flow.Opener.Address, flow.Opened) is not null;
        return flow.Server is null && flow.Node is null
            && (names.Services.Find(flow.Protocol, flow.Asked, flow.Opened) is not null
                || names.Addresses.PodAt(flow.Asked.Address, flow.Opened) is not null);
    }

    private long WaitOfForwarded(JoinedFlow flow, in Sighting client)
    {
        if (flow.Server is null)
            return ServerIsSeen(flow) ? Long : 0;
        // The handshake time is the client's side to tell, and it is about to.
        return client is { Protocol: Protocol.Tcp, State: State.Opening } ? Long : 0;
    }

    private long WaitOfDropped(JoinedFlow flow, in Sighting client)
    {
        if (flow.Server is not null || flow.Node?.Value.State == State.Dropped)
            return 0;
        return client.DropReason switch
        {
            DropReason.Refused => ServerIsSeen(flow) ? Long : 0,
            // A policy that rejects answers as an unreachable port does: the drop itself tells them apart.
            DropReason.Unreachable or DropReason.Policy => Short,
            _ => 0,
        };
    }

    private bool ServerIsSeen(JoinedFlow flow)
    {
        if (names.Services.Find(flow.Protocol, flow.Asked, flow.Opened) is not { } service)
            return IsObservedPod(flow.Asked.Address, flow.Opened);
        if (service.Port is null)
            return false;
        foreach (AddressPort backend in service.Port.Backends)
        {
            if (IsObservedPod(backend.Address, flow.Opened))
                return true;
        }

        return false;
    }

    private bool IsObservedPod(Address address, long time) => names.Addresses.PodAt(address, time) is { } pod && observed(pod.Node);
}
