using Depmap.Relay.Flows;
using Depmap.Relay.Names;
using Depmap.V1;

namespace Depmap.Relay.Joining;

/// <summary>Decides how long a flow that has a verdict waits for more sightings before it is published. Pure.</summary>
/// <param name="names">The current names.</param>
/// <param name="isObserved">Whether a node has a connected agent.</param>
internal readonly struct JoinDelay(ClusterNames names, Func<string, bool> isObserved)
{
    /// <summary>For a sighting that is expected. Nanoseconds.</summary>
    public const long SightingExpected = 2 * UnixTime.Second;

    /// <summary>For a sighting that is possible, and for the new owner of the address of a pod being deleted. Nanoseconds.</summary>
    public const long SightingPossible = UnixTime.Second / 2;

    /// <summary>For a new pod's name: it sends packets before the API server publishes its address. Nanoseconds.</summary>
    public const long PodName = 3 * UnixTime.Second;

    /// <summary>The delay from the time of the verdict, in nanoseconds; 0 to publish immediately.</summary>
    public long GetDelay(JoinedFlow flow)
    {
        bool ownerMayChange = names.Addresses.MayChangeOwner(flow.Source.Address)
            || names.Addresses.MayChangeOwner((flow.Backend ?? flow.Destination).Address);
        return Math.Max(GetSideDelay(flow), ownerMayChange ? SightingPossible : 0);
    }

    private long GetSideDelay(JoinedFlow flow)
    {
        bool forwarded = flow.Decision.Verdict == Verdict.Forwarded;
        if (flow.Client is { } client)
            return forwarded ? GetForwardedDelay(flow, client.Value) : GetDroppedDelay(flow, client.Value);
        bool clientIsObserved = IsObservedPod(flow.Source.Address, flow.Opened);
        if (flow.Server is null)
            return clientIsObserved ? SightingPossible : 0;
        // A node's address may be that of a masqueraded pod, and a pod may send packets before its address is known.
        Owner? source = flow.SourceNode ?? names.Addresses.OwnerAt(flow.Source.Address, flow.Opened);
        return clientIsObserved ? SightingExpected : source is null or { Pod: null } ? SightingPossible : 0;
    }

    /// <summary>
    /// Whether a pod's address has no name yet. The endpoint at whose interface a flow was observed is a pod; the other
    /// endpoint can be anything.
    /// </summary>
    public bool IsMissingName(JoinedFlow flow) =>
        (flow.Client is { Value.Client: var client } && names.Addresses.OwnerAt(client.Address, flow.Opened) is null)
        || (flow.Server is { Value.Server: var server } && names.Addresses.OwnerAt(server.Address, flow.Opened) is null);

    /// <summary>Whether the other side could still be reported when its agent reconnects. Such a flow is kept longer.</summary>
    public bool IsMissingSide(JoinedFlow flow)
    {
        if (flow.Client is null)
            return names.Addresses.PodAt(flow.Source.Address, flow.Opened) is not null;
        return flow.Server is null && flow.Node is null
            && (names.Services.Find(flow.Protocol, flow.Destination, flow.Opened) is not null
                || names.Addresses.PodAt(flow.Destination.Address, flow.Opened) is not null);
    }

    private long GetForwardedDelay(JoinedFlow flow, in Sighting client)
    {
        if (flow.Server is null)
            return IsServerObserved(flow) ? SightingExpected : 0;
        // Only the client side measures the handshake time, and it is about to report it.
        return client is { Protocol: Protocol.Tcp, State: State.Opening } ? SightingExpected : 0;
    }

    private long GetDroppedDelay(JoinedFlow flow, in Sighting client)
    {
        if (flow.Server is not null || flow.Node?.Value.State == State.Dropped)
            return 0;
        return client.DropReason switch
        {
            DropReason.Refused => IsServerObserved(flow) ? SightingExpected : 0,
            // A policy that rejects responds like an unreachable port: only the drop itself shows the difference.
            DropReason.Unreachable or DropReason.Policy => SightingPossible,
            _ => 0,
        };
    }

    private bool IsServerObserved(JoinedFlow flow)
    {
        if (names.Services.Find(flow.Protocol, flow.Destination, flow.Opened) is not { } service)
            return IsObservedPod(flow.Destination.Address, flow.Opened);
        if (service.Port is null)
            return false;
        foreach (AddressPort backend in service.Port.Backends)
        {
            if (IsObservedPod(backend.Address, flow.Opened))
                return true;
        }

        return false;
    }

    private bool IsObservedPod(Address address, long time) => names.Addresses.PodAt(address, time) is { } pod && isObserved(pod.Node);
}
