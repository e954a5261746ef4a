using Depmap.Relay.Flows;
using Depmap.Relay.Names;
using Depmap.Relay.Policies;
using Depmap.V1;

namespace Depmap.Relay.Tests.Policies;

public sealed class TrafficTableTests
{
    private readonly ClusterNames _names = PolicyCluster.Create("");
    private readonly TrafficTable _table = new(started: 7, capacity: 3);

    [Fact]
    public void Flows_between_the_same_workloads_and_port_are_one_entry()
    {
        Add("shop/web shop/cart:8080", time: 10);
        Add("shop/web shop/cart:8080", time: 12);
        Add("shop/web shop/cart:8080/udp", time: 13);
        (List<TrafficEntry> entries, _, _) = _table.Read();
        Assert.Equal(
            [(2UL, 10L, 12L, Protocol.Tcp), (1UL, 13L, 13L, Protocol.Udp)],
            entries.Select(entry => (entry.Flows, entry.FirstSeen, entry.LastSeen, entry.Last.Protocol)));
        Assert.True(entries[0].Concerns(["shop"]) && entries[0].Concerns([]) && !entries[0].Concerns(["pay"]));
    }

    [Theory]
    [InlineData("shop/web shop/cart:8080", 1)]
    [InlineData("198.51.100.10 shop/cart:8080", 1)]
    [InlineData("shop/web 198.51.100.10:443", 1)]
    [InlineData("node/n1 shop/cart:8080", 1)]
    [InlineData("node/n2 shop/cart:8080", 0)] // the pod's own node
    [InlineData("shop/web shop/host:9100", 0)]
    [InlineData("shop/cart shop/host:9100", 1)]
    [InlineData("shop/host 198.51.100.10:443", 0)]
    public void Only_what_policies_can_forbid_is_recorded(string connection, int count)
    {
        Add(connection);
        Assert.Equal(count, _table.Read().Entries.Count);
    }

    [Fact]
    public void Drops_probes_own_flows_and_guesses_are_left_out()
    {
        NamedFlow flow = Flow("shop/web shop/cart:8080", 1);
        _table.Add(flow with { Decision = new Decision(Verdict.Dropped, DropReason.Policy) });
        _table.Add(flow with { IsOwn = true });
        _table.Add(flow with { Guessed = true });
        _table.Add(Flow("node/n2 shop/cart:8080", 1));
        (List<TrafficEntry> entries, _, ulong guessed) = _table.Read();
        Assert.Empty(entries);
        Assert.Equal(1UL, guessed);
    }

    [Fact]
    public void Beyond_the_capacity_outside_ends_are_removed_first()
    {
        Add("shop/web shop/cart:1", time: 1);
        Add("shop/web 198.51.100.10:443", time: 3);
        Add("shop/web 198.51.100.11:443", time: 2);
        Add("shop/web shop/cart:2", time: 4);
        (List<TrafficEntry> entries, ulong forgotten, _) = _table.Read();
        Assert.Equal(1UL, forgotten);
        Assert.Equal([1, 2, 443], entries.Select(entry => (int)entry.Last.Port).Order());
        Assert.DoesNotContain(entries, entry => entry.Last.Server.Address.ToString() == "198.51.100.11");
    }

    private void Add(string connection, long time = 1) => _table.Add(Flow(connection, time));

    private NamedFlow Flow(string connection, long time)
    {
        PolicyConnection ends = PolicyCluster.Connection(_names, connection);
        return new NamedFlow
        {
            Time = time,
            Decision = new Decision(Verdict.Forwarded),
            Protocol = ends.Protocol,
            Source = new AddressPort(ends.Client.Address, 40000),
            Destination = new AddressPort(ends.Server.Address, ends.Port),
            SourceOwner = ends.Client.Owner,
            DestinationOwner = ends.Server.Owner,
            Node = "n1",
        };
    }
}
