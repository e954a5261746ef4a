using System.Net;

namespace Depmap.Agent.Tests.Connections;

public class ConnectionTableTests
{
    [Fact]
    public void A_connection_is_queued_once_for_all_its_changes()
    {
        Trace net = new Trace().At(0).Syn().At(1).SynAck().At(1000).Counted(toServer: (1, 60)).Counted(toServer: (1, 60)).Report();

        Assert.Equal(1, net.Updates);
        Assert.False(net.Table.HasUpdates);
        Assert.False(net.Table.TryTakeUpdate(out _));
    }

    [Fact]
    public void Without_changes_nothing_is_reported()
    {
        Trace net = new Trace().Handshake().Report();

        net.Time(1000).Time(2000).Report();

        Assert.Equal(1, net.Updates);
    }

    [Fact]
    public void An_interface_may_use_three_quarters_of_the_table()
    {
        Trace net = new(capacity: 100);
        OpenMany(net, 103);

        Assert.Equal(75, net.Table.Count);
        Assert.Equal(28u, net.Table.Lost);
        Assert.Equal(75, net.Sightings.Count);
    }

    [Fact]
    public void Interfaces_that_need_more_than_there_is_share_equally_and_leave_room()
    {
        Trace net = new(capacity: 1000);
        for (int round = 0; round < 1000; round++)
        {
            for (net.Interface = 1; net.Interface <= 3; net.Interface++)
            {
                net.Client = new(net.Client.Address, round + 1);
                net.At(round).Syn();
            }
        }

        Assert.All(net.Sightings.CountBy(sighting => sighting.ClientPort <= 300), share => Assert.InRange(share.Value, 1, 900));
        Assert.Equal(900, net.Table.Count);
        net.Interface = 9;
        OpenMany(net, 50);
        Assert.Equal(950, net.Table.Count);
    }

    [Fact]
    public void Later_counts_of_a_lost_connection_are_not_counted_as_lost_again()
    {
        Trace net = new(capacity: 1);
        OpenMany(net, 2);
        for (int second = 1; second < 9; second++)
            net.At(second * 1000).Counted(toServer: (1, 60), toClient: (1, 60)).Time(second * 1000);

        Assert.Equal(1u, net.Table.Lost);
        Assert.Single(net.Sightings);
    }

    [Fact]
    public void Connections_that_ended_and_were_reported_are_evicted()
    {
        Trace net = new(capacity: 2);
        net.Handshake().At(10).Reset(By.Client).Time(1000).Time(2000).Report();
        net.Client = new(net.Client.Address, 1);
        net.Handshake(2100);
        net.Client = new(net.Client.Address, 2);
        net.Handshake(2200);

        Assert.Equal(0u, net.Table.Lost);
        Assert.Equal([43210u, 1u, 2u], net.Sightings.Select(sighting => sighting.ClientPort));
    }

    [Fact]
    public void Connections_that_ended_but_were_not_reported_are_not_evicted()
    {
        Trace net = new(capacity: 1);
        net.Handshake().At(10).Reset(By.Client).Time(1000).Time(2000).Time(9000);
        Assert.Equal(1, net.Table.Count);
        net.Client = new(net.Client.Address, 1);
        net.Handshake(9100);

        Assert.Equal(1u, net.Table.Lost);
        Assert.True(net.Sighting.Ended);
        Assert.Equal(0, net.Table.Count);
    }

    [Fact]
    public void Ended_connections_are_evicted_before_idle_ones()
    {
        Trace net = new(capacity: 2);
        net.Handshake();
        net.Client = new(net.Client.Address, 1);
        net.Handshake(4_000_000).At(4_000_010).Reset(By.Client).Time(4_001_000).Time(4_002_000).Report();
        net.Client = new(net.Client.Address, 2);
        net.Handshake(4_002_100);
        net.Client = new(net.Client.Address, 43210);
        net.At(4_003_000).Counted(toServer: (1, 60), toClient: (1, 60)).Time(4_003_000);

        Assert.Equal(0u, net.Table.Lost);
        Assert.Equal([43210u, 1u, 2u], net.Sightings.Select(sighting => sighting.ClientPort));
        Assert.Equal(60u, net.Sightings[0].BytesToServer);
    }

    [Theory]
    [InlineData(3_599_000, 15)]
    [InlineData(3_602_000, 0)]
    public void Open_connections_are_evicted_after_an_hour_of_silence(double ms, ulong lost)
    {
        Trace net = new(capacity: 100);
        for (int i = 0; i < 90; i++)
        {
            net.Client = new(net.Client.Address, 1000 + i);
            net.Handshake(i < 70 ? i : ms + i).Report();
        }

        Assert.Equal(lost, net.Table.Lost);
        Assert.Equal(90, net.Sightings.Count + (int)lost);
        Assert.Equal(lost == 0, net.Sightings[0].Ended);
    }

    [Fact]
    public void During_an_outage_memory_is_bounded_and_each_connection_is_reported_or_lost()
    {
        const int capacity = 10_000, opened = 100_000;
        Trace net = new(capacity: capacity);
        for (int i = 0; i < opened; i++)
        {
            // Short connections, 1000 a second, with ports reused after 28 s; every tenth gets no reply.
            net.Client = new(net.Client.Address, 32768 + i % 28_232);
            net.At(i).Syn(seq: (uint)i * 100_000);
            if (i % 10 != 0)
                net.At(i + 0.1).SynAck(ack: (uint)i * 100_000 + 1).At(i + 0.2).Ack().At(i + 0.3).Fin(By.Client).At(i + 0.4).Fin(By.Server);
            if (i % 1000 == 999)
                net.Time(i + 1);
            Assert.InRange(net.Table.Count, 1, capacity);
        }

        Assert.Equal(opened, net.Sightings.Count + (int)net.Table.Lost);
        Assert.True(net.Sightings.Count >= capacity * 3 / 4);
        for (int second = 100; second < 240; second++)
            net.Time(second * 1000);
        Assert.All(net.Sightings, sighting => Assert.True(sighting.Ended));
        Assert.Equal(0, net.Table.Count);
    }

    [Fact]
    public void With_repeated_outages_each_connection_is_reported_or_lost()
    {
        const int capacity = 1000, opened = 50_000;
        Trace net = new(capacity: capacity);
        for (int i = 0; i < opened; i++)
        {
            net.Client = new(net.Client.Address, 32768 + i % 1500);
            net.Handshake(i * 2, seq: (uint)i * 100_000);
            if (i % 3 != 0)
                net.At(i * 2 + 1.5).Reset(By.Client);
            if (i % 500 == 499)
                net.Time(i * 2 + 2);
            if (i % 7919 < 3000)
                net.Report();
            Assert.InRange(net.Table.Count, 0, capacity);
        }

        Assert.Equal(opened, net.Sightings.Count + (int)net.Table.Lost);
        Assert.True(net.Table.Lost > 0);
    }

    private static void OpenMany(Trace net, int count)
    {
        for (int i = 1; i <= count; i++)
        {
            net.Client = new IPEndPoint(net.Client.Address, i);
            net.At(i).Syn();
        }
    }
}
