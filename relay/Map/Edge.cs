using System.Runtime.InteropServices;
using Depmap.Relay.Flows;
using Depmap.V1;

namespace Depmap.Relay.Map;

/// <summary>The counters of one edge: sums over the shares of its flows.</summary>
internal sealed class Edge(EdgeKey key)
{
    /// <summary>The reasons come from agents, so their number must be bounded.</summary>
    private const int MaxReasons = 32;

    private readonly Dictionary<(DropReason Reason, string Detail), ulong> _drops = [];
    private ulong _guessed, _handshakes, _handshakeNs;
    private string? _workload;
    private bool _severalWorkloads;

    public EdgeKey Key { get; } = key;
    public ulong Forwarded { get; private set; }
    public ulong Dropped { get; private set; }

    /// <summary>Whether all flows of this edge have moved to other edges.</summary>
    public bool IsEmpty => Forwarded + Dropped == 0;

    private ulong _toServer, _toClient;
    private long _firstSeen = long.MaxValue, _lastSeen;

    public void Add(EdgeShare share, in NamedFlow flow)
    {
        share.Edge = this;
        share.Set(flow);
        if (share.Dropped)
        {
            Dropped++;
            if (!_drops.ContainsKey((share.Reason, share.Detail)) && _drops.Count >= MaxReasons)
                (share.Reason, share.Detail) = (DropReason.Kernel, "OTHER");
            CollectionsMarshal.GetValueRefOrAddDefault(_drops, (share.Reason, share.Detail), out _)++;
        }
        else
        {
            Forwarded++;
        }

        _toServer += share.BytesToServer;
        _toClient += share.BytesToClient;
        _handshakes += share.HandshakeNs > 0 ? 1UL : 0;
        _handshakeNs += share.HandshakeNs;
        _guessed += share.Guessed ? 1UL : 0;
        _firstSeen = Math.Min(_firstSeen, flow.Time);
        _lastSeen = Math.Max(_lastSeen, Math.Max(flow.Time, flow.LastSeen));
        AddWorkload(flow.DestinationOwner?.Workload);
    }

    public void Remove(EdgeShare share)
    {
        if (share.Dropped)
        {
            Dropped--;
            (DropReason, string) reason = (share.Reason, share.Detail);
            if (--_drops[reason] == 0)
                _drops.Remove(reason);
        }
        else
        {
            Forwarded--;
        }

        _toServer -= share.BytesToServer;
        _toClient -= share.BytesToClient;
        _handshakes -= share.HandshakeNs > 0 ? 1UL : 0;
        _handshakeNs -= share.HandshakeNs;
        _guessed -= share.Guessed ? 1UL : 0;
    }

    public V1.Edge ToMessage()
    {
        var message = new V1.Edge
        {
            Source = ToMessage(Key.Client),
            Destination = ToMessage(Key.Server),
            Protocol = Key.Protocol,
            Forwarded = Forwarded,
            Dropped = Dropped,
            BytesToServer = _toServer,
            BytesToClient = _toClient,
            HandshakeMeanNs = _handshakes > 0 ? _handshakeNs / _handshakes : 0,
            FirstSeenUnixNs = _firstSeen,
            LastSeenUnixNs = _lastSeen,
            Guessed = _guessed == Forwarded + Dropped,
            Probe = Key.Probe,
        };
        message.Destination.Port = Key.Port;
        if (Key.Server.Kind == EndKind.Service && !_severalWorkloads)
            message.Destination.Workload = _workload ?? "";
        foreach (((DropReason reason, string detail), ulong count) in _drops.OrderByDescending(d => d.Value).ThenBy(d => d.Key))
            message.Drops.Add(new DropCount { Reason = reason, Detail = detail, Count = count });
        return message;
    }

    private void AddWorkload(string? workload)
    {
        if (workload is null || workload == _workload)
            return;
        _severalWorkloads |= _workload is not null;
        _workload = workload;
    }

    private static V1.Endpoint ToMessage(EdgeEnd end) => end.Kind switch
    {
        EndKind.Service => new V1.Endpoint { Namespace = end.Namespace, Service = end.Name },
        EndKind.Workload => new V1.Endpoint { Namespace = end.Namespace, Workload = end.Name },
        EndKind.Node => new V1.Endpoint { Node = end.Name },
        EndKind.ResolvedName => new V1.Endpoint { Name = end.Name },
        _ => new V1.Endpoint { Ip = end.Address.ToString() },
    };
}
