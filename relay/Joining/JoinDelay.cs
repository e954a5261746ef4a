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

    /// <summary>
    /// For a sighting that is possible, for the new owner of the address of a pod being deleted, and for a service that may
    /// have lost its endpoints. Nanoseconds.
    /// </summary>
    public const long SightingPossible = UnixTime.Second / 2;

    /// <summary>For a new pod's name: it sends packets before the API server publishes its address. Nanoseconds.</summary>
    public const long PodName = 3 * UnixTime.Second;

    /// <summary>The delay from the time of the verdict, in nanoseconds; 0 to publish immediately.</summary>
    public long GetDelay(JoinedFlow flow)
    {
        bool ownerMayChange = names.Addresses.MayChangeOwner(flow.Source.Address, flow.ClientInterfaceSince)
            || names.Addresses.MayChangeOwner((flow.Backend ?? flow.Destination).Address, flow.ServerInterfaceSince);
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
    /// A pod's address that has no name yet; null if there is none. The endpoint at whose interface a flow was observed is a pod;
    /// the other endpoint can be anything.
    /// </summary>
    public Address? FindUnnamed(JoinedFlow flow) =>
        flow.Client is { Value.Client.Address: var client } && IsUnnamed(client, flow.Opened, flow.ClientInterfaceSince) ? client
        : flow.Server is { Value.Server.Address: var server } && IsUnnamed(server, flow.Opened, flow.ServerInterfaceSince) ? server
        : null;

    private bool IsUnnamed(Address address, long time, long? interfaceSince) =>
        names.Addresses.OwnerAt(address, time, interfaceSince) is null;

    /// <summary>Whether the other side could still be reported when its agent reconnects. Such a flow is kept longer.</summary>
    public bool IsMissingSide(JoinedFlow flow)
    {
        if (flow.Client is null)
        {
            // The client repeats a SYN that was dropped.
            bool mayBeRepeated = flow is { Server: null, Node.Value: { State: State.Dropped, InitialSequence: not null } };
            return mayBeRepeated || names.Addresses.PodAt(flow.Source.Address, flow.Opened) is not null;
        }

        return flow.Server is null && flow.Node is null
            && (names.Services.Find(flow.Protocol, flow.Destination, flow.Opened) is not null
                || names.Addresses.PodAt(flow.Destination.Address, flow.Opened) is not null
                || names.HostPods.FindTranslated(flow.Protocol, flow.Destination) is not null);
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
        if (flow.Server is not null)
            return 0;
        if (flow.Node?.Value.State == State.Dropped)
            return DependsOnObjects(flow) ? SightingPossible : 0;
        return client.DropReason switch
        {
            DropReason.Refused => IsServerObserved(flow) ? SightingExpected : 0,
            // A policy that rejects responds like an unreachable port: only the drop itself shows the difference.
            DropReason.Unreachable or DropReason.Policy => SightingPossible,
            _ when client.State == State.OneWay => SightingPossible,
            _ => 0,
        };
    }

    // The API server may still be about to report that the service has no endpoints any more.
    private bool DependsOnObjects(JoinedFlow flow) =>
        flow.Decision.Reason == DropReason.Policy && flow.Backend is null
        && names.Services.Find(flow.Protocol, flow.Destination, flow.Opened) is not null;

    private bool IsServerObserved(JoinedFlow flow)
    {
        if (names.Services.Find(flow.Protocol, flow.Destination, flow.Opened) is not { } service)
        {
            return IsObservedPod(flow.Destination.Address, flow.Opened)
                || (names.HostPods.FindTranslated(flow.Protocol, flow.Destination) is { } pod && isObserved(pod.Node));
        }

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
