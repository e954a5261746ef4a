using System.Net;
using Depmap.Agent.Connections;
using Depmap.Agent.Records;
using Depmap.V1;

namespace Depmap.Agent.Tests.Connections;

/// <summary>One pod opens more than the table has room for; another pod opens a TCP connection every 100 ms.</summary>
public class FloodTests
{
    private const int Capacity = 65_536, Ports = 28_000, FirstPort = 32_768;
    private const int FloodedInterface = 7, OtherInterface = 8;
    private static readonly IPEndPoint Flooding = IPEndPoint.Parse("10.244.0.7:1000"), Other = IPEndPoint.Parse("10.244.0.8:1000");
    private static readonly IPEndPoint Dns = IPEndPoint.Parse("10.96.0.10:53"), Web = IPEndPoint.Parse("10.96.0.20:80");

    private readonly Trace _net = new(capacity: Capacity);
    private int _others;
    private int _peak;

    [Fact]
    public void Answered_dns_lookups_end_and_leave_room_for_others()
    {
        const int perSecond = 2000, seconds = 120;
        var lastUse = new double[Ports];
        Array.Fill(lastUse, double.NegativeInfinity);
        Run(seconds, perSecond, TransportProtocol.Udp, Dns, (i, ms) =>
        {
            // The kernel reports the first packets of a flow only, even if its port is reused.
            if (ms - lastUse[i % Ports] > 60_000)
                _net.Datagram(By.Client).At(ms + 1).Datagram(By.Server);
            lastUse[i % Ports] = ms;
        });

        Assert.Equal(0u, _net.Table.Lost);
        Assert.Equal(perSecond * seconds, Reported(Protocol.Udp));
        Assert.InRange(_peak, 1, Capacity * 3 / 4);
        Assert.InRange(_net.Sightings.Count(sighting => !sighting.Ended), 1, 10 * perSecond);
        AssertOthersAreReported();
    }

    [Fact]
    public void Answered_udp_conversations_are_evicted_after_five_seconds_of_silence()
    {
        const int perSecond = 4000, seconds = 60;
        Run(seconds, perSecond, TransportProtocol.Udp, null, (_, ms) => _net.Datagram(By.Client).At(ms + 1).Datagram(By.Server));

        Assert.Equal(0u, _net.Table.Lost);
        Assert.Equal(perSecond * seconds, Reported(Protocol.Udp));
        Assert.InRange(_peak, Capacity / 2, Capacity * 3 / 4);
        AssertOthersAreReported();
    }

    [Fact]
    public void Failing_connections_are_evicted_after_their_reason_was_reported()
    {
        const int perSecond = 2000, seconds = 60;
        Run(seconds, perSecond, TransportProtocol.Tcp, null, (i, _) => _net.Syn((uint)i), counted: false);

        Assert.Equal(0u, _net.Table.Lost);
        Assert.Equal(perSecond * seconds, Reported(Protocol.Tcp));
        Assert.InRange(_peak, Capacity / 2, Capacity * 3 / 4);
        Assert.All(
            _net.Sightings.Where(sighting => sighting.Ended),
            sighting => Assert.Equal((State.Dropped, DropReason.Timeout), (sighting.State, sighting.DropReason)));
        AssertOthersAreReported();
    }

    [Fact]
    public void Dropped_connections_are_evicted_after_their_reason_was_reported()
    {
        const int perSecond = 2000, seconds = 60;
        Run(seconds, perSecond, TransportProtocol.Tcp, null, (i, ms) => Drop((uint)i, ms), counted: false);

        Assert.Equal(0u, _net.Table.Lost);
        Assert.Equal(perSecond * seconds, Reported(Protocol.Tcp));
        Assert.InRange(_peak, Capacity / 2, Capacity * 3 / 4);
        AssertOthersAreReported();
    }

    [Fact]
    public void Drops_of_a_port_scan_cost_other_pods_no_drop()
    {
        Run(8, 20_000, TransportProtocol.Tcp, null, counted: false, othersAreDropped: true, open: (i, ms) =>
        {
            _net.Syn((uint)i);
            Drop((uint)i, ms);
        });

        List<Sighting> drops = [.. _net.Sightings.Where(sighting =>
            sighting.Side == Side.Node && sighting.ClientAddress.Span.SequenceEqual(Other.Address.GetAddressBytes()))];
        Assert.Equal(_others, drops.Count);
        Assert.All(drops, drop => Assert.Equal((State.Dropped, DropReason.Policy), (drop.State, drop.DropReason)));
        Assert.True(_net.Table.Lost > 0);
    }

    /// <summary>A flood from outside can have any number of addresses.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Drops_of_clients_outside_share_the_part_of_the_pod_that_they_call(bool isKnown)
    {
        if (isKnown)
        {
            Select(FloodedInterface, Other, 1, TransportProtocol.Tcp, Web);
            _net.Client = new(Web.Address, 1);
            _net.At(0).Syn(1);
        }

        for (int i = 0; i < 2 * Capacity; i++)
        {
            Select(FloodedInterface, new(new IPAddress(0x0a000000L + i), 1), 1, TransportProtocol.Tcp, Web);
            Drop((uint)i, i / 100.0);
        }

        Assert.InRange(_net.Table.Count, Capacity / 2, (Capacity * 3 / 4) + 1);
    }

    [Fact]
    public void A_port_scan_beyond_all_room_is_counted_and_costs_the_others_nothing()
    {
        const int perSecond = 20_000, seconds = 12;
        Run(seconds, perSecond, TransportProtocol.Tcp, null, (i, ms) =>
        {
            _net.Syn((uint)i);
            if (i % 2 == 0)
                _net.At(ms + 1).Syn((uint)i); // a retransmission is not another connection
        });

        Assert.InRange(_net.Table.Lost, 1u, (ulong)perSecond * seconds);
        // Counted as lost, and once more if the table found room for it when its packets were counted.
        Assert.InRange(Reported(Protocol.Tcp) + (int)_net.Table.Lost, perSecond * seconds, perSecond * seconds * 1.005);
        Assert.InRange(_peak, Capacity / 2, Capacity * 3 / 4 + 2 * 10 * seconds);
        AssertOthersAreReported();
    }

    [Fact]
    public void Retransmissions_of_connections_without_room_are_not_counted()
    {
        const int perSecond = 20_000, seconds = 8;
        Run(seconds, perSecond, TransportProtocol.Tcp, null, counted: false, open: (i, ms) =>
        {
            _net.Syn((uint)i);
            _net.At(ms + 0.01).Syn((uint)i);
        });

        Assert.Equal(perSecond * seconds, Reported(Protocol.Tcp) + (int)_net.Table.Lost);
        AssertOthersAreReported();
    }

    [Fact]
    public void A_connection_that_two_interfaces_see_is_counted_once()
    {
        const int made = 5000;
        Trace client = new(capacity: 1000);
        for (int i = 0; i < made; i++)
        {
            client.Client = new IPEndPoint(Flooding.Address, 1000 + i);
            client.Interface = FloodedInterface;
            client.At(i).Syn((uint)i * 7);
            client.Tracker.OnMoment(new Moment
            {
                Protocol = TransportProtocol.Tcp,
                Direction = Direction.ToPod,
                Flags = FlowFlags.Syn,
                Time = Trace.UnixTime(i) - Trace.BootTime,
                TcpSequence = (uint)i * 7,
                Key = new(
                    Address.From(Web.Address), Address.From(Flooding.Address), Port.From(8080), Port.From(1000 + i), OtherInterface),
            });
        }

        int reported = client.Sightings.Select(sighting => sighting.InitialSequence).Distinct().Count();
        Assert.True(client.Sightings.Count > reported);
        Assert.Equal(made, reported + (int)client.Table.Lost);
    }

    [Fact]
    public void A_connection_that_finds_room_later_is_not_lost()
    {
        Trace net = new(capacity: 1);
        net.Handshake().Report();
        net.Client = new IPEndPoint(Other.Address, 5);
        net.At(1).Syn(seq: 900);
        Assert.Equal(1u, net.Table.Lost);
        net.At(3_700_000).Tracker.OnInterfaceRemoved(net.Interface, Trace.UnixTime(3_700_000) - Trace.BootTime);
        net.Time(3_702_000).Report().Time(3_710_000);
        net.At(3_710_100).Syn(seq: 901);

        Assert.Equal(1u, net.Table.Lost);
        Assert.Equal(2, net.Sightings.Count);
    }

    [Fact]
    public void A_lost_syn_whose_retransmission_finds_room_is_not_lost()
    {
        Trace net = new(capacity: 1);
        net.Handshake().At(10).Reset(By.Client).Time(100).Report();
        net.Client = new IPEndPoint(Other.Address, 5);
        net.At(1000).Syn(seq: 900);
        Assert.Equal(1u, net.Table.Lost);
        net.Time(2000).Report().At(3000).Syn(seq: 900);

        Assert.Equal(0u, net.Table.Lost);
        Assert.Equal(2, net.Sightings.Count);
    }

    /// <summary>Hours-long connections of the flooding pod itself, with a packet a second or a minute.</summary>
    [Fact]
    public void Long_connections_survive_a_flood_with_all_their_bytes()
    {
        const int perSecond = 300, seconds = 1200, connections = 50;
        for (int i = 0; i < connections; i++)
        {
            Select(FloodedInterface, Flooding, i + 1, TransportProtocol.Tcp, Web);
            _net.Handshake(i, seq: (uint)i);
        }

        _net.Report();
        Run(seconds, perSecond, TransportProtocol.Tcp, null, (i, _) => _net.Syn((uint)i + 1_000_000), counted: false, eachSecond: second =>
        {
            for (int i = 0; i < connections; i++)
            {
                if (i % 2 != 0 && second % 60 != 0)
                    continue;
                Select(FloodedInterface, Flooding, i + 1, TransportProtocol.Tcp, Web);
                _net.At(second * 1000 + 990).Counted(toServer: (1, 100), toClient: (1, 200));
            }
        });

        List<Sighting> kept = [.. _net.Sightings.Where(sighting => sighting.ServerPort == 80 && sighting.ClientPort <= connections)];
        Assert.Equal(connections, kept.Count);
        Assert.All(kept, sighting => Assert.Equal((State.Established, false), (sighting.State, sighting.Ended)));
        Assert.All(kept, sighting => Assert.Equal(sighting.ClientPort % 2 == 0 ? 20u * 200 : 1200u * 200, sighting.BytesToClient));
        AssertOthersAreReported();
    }

    [Fact]
    public void Evicting_allocates_nothing()
    {
        ConnectionTable table = new(capacity: 10_000);
        Connection[] connections = [.. Enumerable.Range(0, 100_000).Select(i => new Connection
        {
            Key = new(
                new(Address.From(Flooding.Address), Address.From(Dns.Address), Port.From(i % 60_000), Port.From(53), i / 60_000),
                TransportProtocol.Udp),
            Id = (ulong)i,
            Side = Side.Client,
            Opened = i * Timing.Second / 1000,
            Last = i * Timing.Second / 1000,
            State = State.Established,
        })];
        Fill(0, 80_000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Fill(80_000, 100_000);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1024);
        Assert.Equal(0u, table.Lost);
        Assert.InRange(table.Count, 1000, 10_000);

        void Fill(int first, int end)
        {
            for (int i = first; i < end; i++)
            {
                Assert.True(table.TryAdd(connections[i], isFirst: true));
                table.Report(connections[i]);
                if (i % 100 == 99)
                {
                    while (table.TryTakeUpdate(out _))
                    {
                    }
                }
            }
        }
    }

    /// <param name="open">Opens the flood's connection of that number, at that time in ms.</param>
    /// <param name="server">Null for a port of its own for each round of the client's ports.</param>
    private void Run(
        int seconds,
        int perSecond,
        TransportProtocol protocol,
        IPEndPoint? server,
        Action<int, double> open,
        bool counted = true,
        Action<int>? eachSecond = null,
        bool othersAreDropped = false)
    {
        for (int second = 1; second <= seconds; second++)
        {
            for (int i = (second - 1) * perSecond; i < second * perSecond; i++)
            {
                double ms = i * 1000.0 / perSecond + 1000;
                Select(FloodedInterface, Flooding, FirstPort + i % Ports, protocol, server ?? new(Web.Address, 5000 + i / Ports));
                _net.At(ms);
                open(i, ms);
                if (i % (perSecond / 10) == 0)
                    OpenOther(ms + 0.1, othersAreDropped);
                if (i % (perSecond / 50) == 0)
                    _net.Report();
                _peak = Math.Max(_peak, _net.Table.Count);
            }

            for (int i = (second - 1) * perSecond; counted && i < second * perSecond; i++)
            {
                Select(FloodedInterface, Flooding, FirstPort + i % Ports, protocol, server ?? new(Web.Address, 5000 + i / Ports));
                double ms = i * 1000.0 / perSecond + 1001;
                if (protocol == TransportProtocol.Udp)
                    _net.At(ms).Counted(toServer: (1, 60), toClient: (1, 120));
                else
                    _net.At(ms).Counted(toServer: (1, 60), clientFlags: FlowFlags.Syn);
            }

            eachSecond?.Invoke(second);
            _net.Time(second * 1000 + 1000).Report();
        }
    }

    private void Drop(uint sequence, double ms)
    {
        Drop drop = new()
        {
            Reason = 8,
            Protocol = TransportProtocol.Tcp,
            Flags = FlowFlags.Syn | FlowFlags.Seen,
            Time = Trace.UnixTime(ms) - Trace.BootTime,
            Source = Address.From(_net.Client.Address),
            SourcePort = Port.From(_net.Client.Port),
            Destination = Address.From(_net.Server.Address),
            DestinationPort = Port.From(_net.Server.Port),
            TcpSequence = sequence,
        };
        _net.Tracker.OnDrop(in drop);
    }

    private void OpenOther(double ms, bool isDropped = false)
    {
        Select(OtherInterface, Other, 1000 + _others, TransportProtocol.Tcp, new(Web.Address, 80));
        uint sequence = (uint)_others++ * 77;
        if (isDropped)
        {
            _net.At(ms).Syn(sequence);
            Drop(sequence, ms);
            return;
        }

        _net.Handshake(ms, sequence);
    }

    private void Select(int device, IPEndPoint client, int port, TransportProtocol protocol, IPEndPoint server)
    {
        (_net.Interface, _net.Client, _net.Protocol, _net.Server) = (device, new IPEndPoint(client.Address, port), protocol, server);
    }

    private int Reported(Protocol protocol) => _net.Sightings.Count(
        sighting => sighting.Protocol == protocol && sighting.ClientAddress.Span.SequenceEqual(Flooding.Address.GetAddressBytes()));

    private void AssertOthersAreReported()
    {
        List<Sighting> others =
            [.. _net.Sightings.Where(sighting => sighting.ClientAddress.Span.SequenceEqual(Other.Address.GetAddressBytes()))];
        Assert.Equal(_others, others.Count);
        Assert.All(others, sighting => Assert.Equal((State.Established, false), (sighting.State, sighting.Ended)));
    }
}
