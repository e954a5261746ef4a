using Depmap.Agent.Records;
using Depmap.V1;

namespace Depmap.Agent.Connections;

/// <summary>
/// The connection state machine: turns the kernel's records into connections and decides which changes are reported.
/// Pure: it has no access to the kernel or a clock. Times are CLOCK_MONOTONIC, in ns.
/// </summary>
/// <param name="ephemeralPorts">Lowest ephemeral port (net.ipv4.ip_local_port_range).</param>
/// <param name="tracker">Asks the node's connection tracker; null if there is none.</param>
/// <param name="started">When the agent started: for some time after that, the first packet seen of a flow may be a reply.</param>
internal sealed partial class ConnectionTracker(
    ConnectionTable table, DropReasons reasons, TrackerQuery? tracker = null, int ephemeralPorts = 32768, long started = long.MinValue / 2)
{
    private const int MaxPendingFlows = 4096;
    private const int MaxUnansweredPackets = 4096;

    private readonly List<Connection> _finished = [];
    private readonly Opener _opener = new(tracker);
    private readonly PendingFlows _pendingFlows = new(MaxPendingFlows);
    private readonly UnansweredPackets _unanswered = new(MaxUnansweredPackets);
    private readonly MisleadingPorts _misleadingPorts = new();
    private ulong _lastId;

    /// <summary>Handles a packet that changes the state of its flow.</summary>
    public void OnMoment(in Moment moment)
    {
        ConnectionKey key = new(moment.Key, moment.Protocol);
        table.TryGet(in key, out Connection? connection);
        if (moment.Icmp != 0)
        {
            OnUnreachable(connection, in moment);
            return;
        }

        UnansweredPacket? answered = moment.Direction == Direction.FromPod ? _unanswered.Take(in key) : null;
        if (moment.Protocol == TransportProtocol.Udp)
            OnUdp(connection, in moment, answered);
        else
            OnTcp(connection, in moment, answered);
    }

    /// <summary>Adds newly counted packets of a flow.</summary>
    public void OnGrowth(in FlowGrowth growth)
    {
        ConnectionKey key = new(growth.Key, growth.Protocol);
        // After the end, the counts are of late packets, or of a new connection whose SYN has not been read yet.
        table.TryGet(in key, out Connection? connection);
        if (connection is { IsTcp: false, Ended: true, Closed: 0 } && growth.Last > connection.Last)
            connection = Continue(connection, growth.Last);
        if (connection is { Ended: false })
            Count(connection, in growth);
        else if (!_pendingFlows.TryAdd(in key, in growth) && connection is null)
            OpenFromCounts(in key, in growth);
    }

    /// <summary>Handles a packet that the kernel dropped.</summary>
    public void OnDrop(in Drop drop)
    {
        if (DropSighting.Of(in drop, reasons, table, _opener) is not { } dropped)
            return;
        if (table.TryGet(dropped.Key, out Connection? known)
            && known.InitialSequence == dropped.InitialSequence
            && (known.IsTcp || drop.Time - known.Last <= Timing.UdpIdleTimeout))
        {
            Touch(known, drop.Time); // the same opening, retransmitted
            if (known.IsUnconfirmed)
                CountRepeatedDrop(known, in drop, dropped.IsReply);
            return;
        }

        Connection connection = new()
        {
            Key = dropped.Key,
            Id = ++_lastId,
            Side = Side.Node,
            Opened = drop.Time,
            Last = drop.Time,
            State = State.Dropped,
            InitialSequence = dropped.InitialSequence,
            DropReason = dropped.Reason,
            DropDetail = dropped.Detail,
            Original = dropped.Original,
        };
        bool isOpening = !connection.IsTcp || dropped.InitialSequence is not null;
        if (!table.TryAdd(connection, isFirst: isOpening))
            return;
        if (isOpening)
            table.Report(connection);
        else
            CountRepeatedDrop(connection, in drop, dropped.IsReply);
    }

    private void CountRepeatedDrop(Connection connection, in Drop drop, bool ofServer)
    {
        (uint sequence, int times) = ofServer ? connection.ServerRepeatedDrops : connection.ClientRepeatedDrops;
        (uint, int) next = (drop.TcpSequence, sequence == drop.TcpSequence ? times + 1 : 1);
        if (ofServer)
            connection.ServerRepeatedDrops = next;
        else
            connection.ClientRepeatedDrops = next;
        if (!connection.IsUnconfirmed)
            table.Report(connection);
    }

    /// <summary>Closes all connections of a removed interface. Their last counts may still be read.</summary>
    public void OnInterfaceRemoved(int index, long now)
    {
        _pendingFlows.RemoveInterface(index);
        foreach (Connection connection in table.All)
        {
            if (connection.Key.Flow.Interface == index && connection.Closed == 0)
                connection.Closed = now;
        }
    }

    /// <summary>Applies timeouts and removes finished connections. Call once a second, after reading the counts.</summary>
    public void OnTick(long now)
    {
        _opener.OnTick();
        foreach ((ConnectionKey key, FlowGrowth growth) in _pendingFlows.Due)
        {
            if (!table.TryGet(in key, out Connection? connection))
                OpenFromCounts(in key, in growth);
            else if (!connection.Ended)
                Count(connection, in growth);
        }

        _pendingFlows.Advance();
        _unanswered.Expire(now);
        _finished.Clear();
        foreach (Connection connection in table.All)
        {
            bool isOver = connection.Closed != 0 || connection.State == State.Dropped
                ? EndClosed(connection, now)
                : connection.IsTcp ? TimeOutTcp(connection, now) : TimeOutUdp(connection, now);
            if (isOver)
                _finished.Add(connection);
        }

        foreach (Connection connection in _finished)
            table.Remove(connection);
    }

    /// <summary>Reports the end of a closed connection once its last counts have been read.</summary>
    /// <returns>True when late packets are no longer expected and the connection can be forgotten.</returns>
    private bool EndClosed(Connection connection, long now)
    {
        if (!connection.Ended && connection.Closed != 0 && now - connection.Closed >= Timing.CloseSettleTime)
        {
            connection.Ended = true;
            table.Report(connection);
        }

        long since = connection.Closed != 0 ? connection.Closed : connection.Last;
        long kept = connection.Closed != 0 ? Timing.CloseLingerTime : connection.IsTcp ? Timing.SynExpiry : Timing.UdpIdleTimeout;
        return now - since > kept;
    }

    private void Count(Connection connection, in FlowGrowth growth)
    {
        connection.BytesFromPod += growth.BytesFromPod;
        connection.BytesToPod += growth.BytesToPod;
        connection.PacketsFromPod += growth.PacketsFromPod;
        connection.PacketsToPod += growth.PacketsToPod;
        Touch(connection, growth.Last);
        if (ShowsReply(connection, in growth))
            Establish(connection);
        table.Report(connection);
    }

    /// <summary>
    /// Whether the counts show a reply whose record is missing: it was lost, or there was none, because another CPU than that
    /// of the SYN saw the client's first ACK.
    /// </summary>
    private static bool ShowsReply(Connection connection, in FlowGrowth growth)
    {
        // The counts may belong to an earlier connection between the same endpoints.
        if (connection.State is State.Established || connection.Closed != 0 || growth.Last < connection.Opened - Timing.MaxClockLag)
            return false;
        bool podIsClient = connection.FromClient == Direction.FromPod;
        if (!connection.IsTcp)
            return (podIsClient ? growth.PacketsToPod : growth.PacketsFromPod) > 0;
        return podIsClient
            ? growth.PacketsFromPod > 0 && growth.FlagsFromPod.HasFlag(FlowFlags.Ack)
            : growth.PacketsToPod > 0 && growth.FlagsToPod.HasFlag(FlowFlags.Ack);
    }

    /// <summary>Handles an ICMP error. It is about a packet in the other direction; only the client's packet is an opening.</summary>
    private void OnUnreachable(Connection? connection, in Moment moment)
    {
        if (connection is null || Opposite(moment.Direction) != connection.FromClient)
            return;
        bool isUnanswered = connection.State is State.Opening or State.OneWay || connection.DropReason == DropReason.Timeout;
        if (!isUnanswered || connection.Closed != 0)
            return;
        bool isIPv6 = connection.Key.Flow.Peer.First != 0 || connection.Key.Flow.Pod.First != 0;
        (DropReason reason, string detail) = IcmpUnreachable.Meaning(moment.Icmp - 1, isIPv6);
        Fail(connection, reason, detail);
    }

    private Connection? Open(
        in ConnectionKey key, Direction fromClient, long time, bool isFirst, bool guessed = false, uint? sequence = null,
        TrackedFlow? tracked = null)
    {
        Connection connection = new()
        {
            Key = key,
            Id = ++_lastId,
            Side = fromClient == Direction.FromPod ? Side.Client : Side.Server,
            Opened = time,
            Last = time,
            InitialSequence = sequence,
            Guessed = guessed,
        };
        if (tracked is { } flow)
            connection.SetOpener(in flow);
        if (!connection.IsTcp && ClientByPorts(key.Flow) == Opposite(fromClient))
            _misleadingPorts.Add(in key);
        if (!table.TryAdd(connection, isFirst))
            return null;
        table.Report(connection);
        return connection;
    }

    /// <summary>Adds a connection from its counts alone: it is older than the agent, or its opening's record was lost.</summary>
    private void OpenFromCounts(in ConnectionKey key, in FlowGrowth growth)
    {
        FlowFlags all = growth.FlagsFromPod | growth.FlagsToPod;
        if ((all & (FlowFlags.Fin | FlowFlags.Rst)) != 0)
            return; // late packets of a connection that has ended
        bool isTcp = key.Protocol == TransportProtocol.Tcp;
        UnansweredPacket? answered = growth.FlagsFromPod != 0 ? _unanswered.Take(in key) : null;
        if (isTcp && answered is { } synAck)
        {
            if (OpenFromSynAck(in key, in synAck) is not { } opened)
                return;
            Establish(opened);
            Count(opened, in growth);
            return;
        }

        Direction? only = growth.FlagsToPod == 0 ? Direction.FromPod : growth.FlagsFromPod == 0 ? Direction.ToPod : null;
        // A SYN and nothing else: its sender is the client.
        bool isOnlySyn = isTcp && only is not null && all.HasFlag(FlowFlags.Syn) && !all.HasFlag(FlowFlags.Ack);
        // A pod answers each segment. One that answers none has the address of the pod for which they were meant.
        if (isTcp && only == Direction.ToPod && !isOnlySyn)
            return;
        (Direction FromClient, TrackedFlow Flow)? known = isOnlySyn ? null : _opener.Find(in key);
        if (known is { Flow.IsOver: true })
            return; // late packets, read after the connection was removed
        if (only == Direction.ToPod && !isTcp && (_unanswered.Contains(in key) || IsForFormerPod(in key, growth.Last, known?.FromClient)))
        {
            _unanswered.Add(in key, new UnansweredPacket(growth.Last));
            return;
        }

        Direction client = known?.FromClient ?? (only is { } sender && (isOnlySyn || !isTcp) ? sender : GuessClient(key.Flow));
        bool guessed = !isOnlySyn && known is null;
        if (Open(in key, client, growth.Last, isFirst: false, guessed, tracked: known?.Flow) is not { } connection)
            return;
        if (isOnlySyn)
            connection.LastSyn = growth.Last;
        else if (isTcp || only != client)
            Establish(connection);
        Count(connection, in growth);
    }

    /// <summary>Takes the higher port for the client's: ephemeral ports are the highest.</summary>
    private static Direction GuessClient(in FlowKey key) =>
        key.PodPort.Number > key.PeerPort.Number ? Direction.FromPod : Direction.ToPod;

    private void Touch(Connection connection, long time)
    {
        connection.Last = Math.Max(connection.Last, time);
        table.Touch(connection);
    }

    private void Establish(Connection connection)
    {
        connection.State = State.Established;
        connection.DropReason = DropReason.Unspecified;
        connection.DropDetail = "";
        table.Report(connection);
    }

    private void Fail(Connection connection, DropReason reason, string detail)
    {
        connection.State = State.Dropped;
        connection.DropReason = reason;
        connection.DropDetail = detail;
        table.Report(connection);
    }

    private static Direction Opposite(Direction direction) =>
        direction == Direction.FromPod ? Direction.ToPod : Direction.FromPod;
}
