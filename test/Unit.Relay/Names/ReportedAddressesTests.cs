using Depmap.Relay.Flows;
using Depmap.Relay.Names;
using static Depmap.Relay.Tests.Names.TestCluster;

namespace Depmap.Relay.Tests.Names;

public class ReportedAddressesTests
{
    private static readonly Address Tunnel = ParseEndpoint("10.244.1.0", 0).Address;
    private static readonly Address Shared = ParseEndpoint("169.254.20.10", 0).Address;
    private static readonly Address Floating = ParseEndpoint("172.30.7.100", 0).Address;

    private readonly ReportedAddresses _reported = new();

    private static long At(double seconds) => 1_000_000 * UnixTime.Second + (long)(seconds * UnixTime.Second);

    private string? NodeOf(Address address, double seconds, string observer = "node-c") =>
        _reported.OwnerAt(address, observer, At(seconds))?.Node;

    private void Report(string node, double seconds, params Address[] addresses) => _reported.Set(node, addresses, At(seconds));

    [Fact]
    public void An_address_that_one_node_alone_has_is_that_node_for_every_observer_and_before_the_first_report()
    {
        Report("node-a", 0, Tunnel, Shared);
        Report("node-b", 0, Shared);
        Assert.Equal(("node-a", "node-a", "node-a"), (NodeOf(Tunnel, 5), NodeOf(Tunnel, 5, "node-b"), NodeOf(Tunnel, -5000)));
        Assert.Null(NodeOf(Floating, 5));
    }

    [Fact]
    public void An_address_that_several_nodes_have_is_the_observing_node_if_it_has_it()
    {
        Report("node-a", 0, Shared);
        Report("node-b", 0, Shared);
        Assert.Equal(("node-a", "node-b", null), (NodeOf(Shared, 5, "node-a"), NodeOf(Shared, 5, "node-b"), NodeOf(Shared, 5)));
    }

    [Fact]
    public void A_floating_address_that_moves_is_each_node_at_its_time()
    {
        Report("node-a", 0, Tunnel, Floating);
        Report("node-b", 0, Shared);
        Report("node-a", 100, Tunnel);
        Report("node-b", 102, Shared, Floating);
        Assert.Equal(("node-a", "node-b", "node-b"), (NodeOf(Floating, 99), NodeOf(Floating, 101), NodeOf(Floating, 103)));
    }

    [Fact]
    public void An_address_is_used_shortly_before_it_is_reported()
    {
        Report("node-a", 0, Tunnel);
        Report("node-a", 500, Tunnel, Floating);
        Assert.Equal(("node-a", null), (NodeOf(Floating, 450), NodeOf(Floating, 430)));
    }

    [Fact]
    public void A_node_whose_agent_restarts_keeps_its_addresses()
    {
        _reported.Connect("node-a");
        Report("node-a", 0, Tunnel);
        _reported.Disconnect("node-a", At(10));
        Assert.Equal("node-a", NodeOf(Tunnel, 15));
        _reported.Connect("node-a");
        Report("node-a", 20, Tunnel);
        Assert.Equal(("node-a", "node-a"), (NodeOf(Tunnel, 15), NodeOf(Tunnel, 3000)));
    }

    [Fact]
    public void A_stream_that_took_over_keeps_the_addresses_when_the_older_one_ends()
    {
        _reported.Connect("node-a");
        Report("node-a", 0, Tunnel);
        _reported.Connect("node-a");
        _reported.Disconnect("node-a", At(10));
        Assert.Equal("node-a", NodeOf(Tunnel, 3000));
    }

    [Fact]
    public void A_lost_node_loses_a_floating_address_to_the_node_that_takes_it_but_shares_one_that_both_had()
    {
        _reported.Connect("node-a");
        Report("node-a", 0, Shared, Floating);
        Report("node-b", 0, Shared);
        _reported.Disconnect("node-a", At(10));
        Report("node-b", 12, Shared, Floating);
        Assert.Equal(("node-a", "node-b", null), (NodeOf(Floating, 9), NodeOf(Floating, 13), NodeOf(Shared, 13)));
    }

    [Fact]
    public void A_node_that_is_gone_for_ten_minutes_is_forgotten_and_can_return()
    {
        _reported.Connect("node-a");
        Report("node-a", 0, Tunnel);
        _reported.Disconnect("node-a", At(10));
        Assert.Equal(("node-a", null), (NodeOf(Tunnel, 600), NodeOf(Tunnel, 611)));
        _reported.Connect("node-a");
        Report("node-a", 5000, Tunnel);
        Assert.Equal("node-a", NodeOf(Tunnel, 5001));
    }

    [Fact]
    public void An_agent_that_reports_ever_new_addresses_fills_only_its_own_share()
    {
        for (int i = 0; i < 10_000; i++)
            Report("node-a", i / 1000.0, new Address(1, (ulong)i));
        Report("node-b", 20, Tunnel);
        Assert.Equal(("node-a", null, "node-b"), (NodeOf(new Address(1, 5), 0), NodeOf(new Address(1, 9_999), 10), NodeOf(Tunnel, 20)));
    }
}
