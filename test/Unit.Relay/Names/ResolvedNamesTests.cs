using Depmap.Relay.Flows;
using Depmap.Relay.Names;
using static Depmap.Relay.Tests.Names.TestCluster;

namespace Depmap.Relay.Tests.Names;

public class ResolvedNamesTests
{
    private static readonly Owner WebPod = new("node-a", "shop", "web-1", "Deployment/web");
    private static readonly Owner OtherPod = new("node-a", "shop", "other-1", "Deployment/other");
    private readonly ResolvedNames _names = new(capacity: 8);

    [Fact]
    public void An_address_has_the_name_of_the_last_response_before_the_flow()
    {
        Add("a.example", 10);
        Add("b.example", 20);
        Add("a.example", 30);
        Assert.Null(NameAt(9));
        Assert.Equal("a.example", NameAt(19));
        Assert.Equal("b.example", NameAt(29));
        Assert.Equal("a.example", NameAt(30));
        Assert.Equal(["a.example", "b.example"], _names.Find(Web.Address, WebPod, "node-a", External.Address, 30)!.All);
    }

    [Fact]
    public void A_response_is_not_used_for_another_client()
    {
        Add("a.example", 10);
        Assert.Null(_names.Find(Web.Address, OtherPod, "node-a", External.Address, 20)); // another pod has the address now
        Assert.Null(_names.Find(Cart.Address, null, "node-a", External.Address, 20));
    }

    [Fact]
    public void A_pod_can_query_over_one_address_family_and_connect_over_the_other()
    {
        Add("a.example", 10);
        Assert.Equal("a.example", _names.Find(ParseEndpoint("fd00:10:244:1::2", 0).Address, WebPod, "node-a", External.Address, 20)?.Name);
    }

    [Fact]
    public void Responses_to_an_unknown_pod_are_valid_for_a_minute()
    {
        _names.Add("node-a", Web.Address, null, "a.example", [External.Address], 10);
        Assert.Equal("a.example", NameAt(10 + ResolvedNames.UnknownClientLifetime));
        Assert.Null(NameAt(11 + ResolvedNames.UnknownClientLifetime));
    }

    [Fact]
    public void The_least_recently_resolved_address_is_evicted_first()
    {
        for (int i = 0; i < 9; i++)
            _names.Add("node-a", Web.Address, WebPod, "a.example", [ParseEndpoint($"203.0.113.{i}", 0).Address], i);
        Assert.Null(_names.Find(Web.Address, WebPod, "node-a", ParseEndpoint("203.0.113.1", 0).Address, 100));
        Assert.NotNull(_names.Find(Web.Address, WebPod, "node-a", ParseEndpoint("203.0.113.2", 0).Address, 100));
        Assert.NotNull(_names.Find(Web.Address, WebPod, "node-a", ParseEndpoint("203.0.113.8", 0).Address, 100));
    }

    [Fact]
    public void A_client_with_very_many_addresses_evicts_only_its_own()
    {
        var names = new ResolvedNames(capacity: 100, maxPerClient: 10);
        names.Add("node-a", Web.Address, WebPod, "a.example", [External.Address], 0);
        for (int i = 0; i < 1000; i++)
            names.Add("node-a", Cart.Address, OtherPod, "crawled.example", [new Address(1, (ulong)i)], i + 1);
        Assert.Equal("a.example", names.Find(Web.Address, WebPod, "node-a", External.Address, 2000)?.Name);
        Assert.NotNull(names.Find(Cart.Address, OtherPod, "node-a", new Address(1, 999), 2000));
        Assert.Null(names.Find(Cart.Address, OtherPod, "node-a", new Address(1, 900), 2000));
    }

    [Fact]
    public void If_the_table_is_full_the_client_with_most_addresses_loses_its_oldest()
    {
        var names = new ResolvedNames(capacity: 200, maxPerClient: 190);
        names.Add("node-a", Web.Address, WebPod, "a.example", [External.Address], 0);
        for (int i = 0; i < 150; i++)
            names.Add("node-a", Cart.Address, OtherPod, "crawled.example", [new Address(1, (ulong)i)], i + 1);
        for (int i = 0; i < 60; i++)
            names.Add("node-a", new Address(2, (ulong)i), null, "b.example", [External.Address], 1000);
        Assert.Equal("a.example", names.Find(Web.Address, WebPod, "node-a", External.Address, 2000)?.Name);
        Assert.Null(names.Find(Cart.Address, OtherPod, "node-a", new Address(1, 0), 2000));
        Assert.NotNull(names.Find(Cart.Address, OtherPod, "node-a", new Address(1, 149), 2000));
    }

    [Fact]
    public void Only_the_last_names_of_an_address_are_kept()
    {
        for (int i = 0; i <= ResolvedNames.MaxNames; i++)
            Add($"n{i}.example", i);
        IReadOnlyList<string> all = _names.Find(Web.Address, WebPod, "node-a", External.Address, 100)!.All;
        Assert.Equal((ResolvedNames.MaxNames, "n8.example", "n1.example"), (all.Count, all[0], all[^1]));
    }

    [Fact]
    public void An_agent_that_invents_clients_and_names_evicts_its_own()
    {
        var names = new ResolvedNames(capacity: 100);
        for (int i = 0; i < 20; i++)
            names.Add("node-a", Web.Address, WebPod, "a.example", [new Address(1, (ulong)i)], 0);
        for (int i = 0; i < 1000; i++)
            names.Add("node-b", new Address(2, (ulong)i), null, $"n{i}.example", [External.Address], i + 1);
        Assert.All(
            Enumerable.Range(0, 20),
            i => Assert.NotNull(names.Find(Web.Address, WebPod, "node-a", new Address(1, (ulong)i), 2000)));
        Assert.NotNull(names.Find(new Address(2, 999), null, "node-b", External.Address, 1000));
        Assert.Null(names.Find(new Address(2, 900), null, "node-b", External.Address, 1000));
    }

    [Fact]
    public void Of_many_nodes_the_one_with_most_names_loses_its_oldest()
    {
        var names = new ResolvedNames(capacity: 60);
        for (int i = 0; i < 30; i++)
        {
            names.Add("node-a", Web.Address, WebPod, "a.example", [new Address(1, (ulong)i)], i);
            names.Add("node-b", Cart.Address, OtherPod, "b.example", [new Address(1, (ulong)i)], i);
        }

        names.Add("node-c", Dns.Address, null, "c.example", [External.Address], 40);
        int[] counts =
        [
            Enumerable.Range(0, 30).Count(i => names.Find(Web.Address, WebPod, "node-a", new Address(1, (ulong)i), 100) is not null),
            Enumerable.Range(0, 30).Count(i =>
                names.Find(Cart.Address, OtherPod with { Node = "node-b" }, "", new Address(1, (ulong)i), 100) is not null),
        ];
        Assert.Equal([23, 30], counts.Order());
        Assert.NotNull(names.Find(Dns.Address, null, "node-c", External.Address, 100));
    }

    [Fact]
    public void Only_the_agent_on_a_clients_node_gives_it_names()
    {
        _names.Add("node-b", Web.Address, WebPod, "evil.example", [External.Address], 10);
        _names.Add("node-b", Web.Address, null, "evil.example", [External.Address], 10);
        Assert.Null(NameAt(20));
        Assert.Null(_names.Find(Web.Address, null, "node-a", External.Address, 20));
        Assert.Null(_names.LastAsked(Web.Address, WebPod, "node-a", External.Address, 20, _ => true));
    }

    private void Add(string name, long time) => _names.Add("node-a", Web.Address, WebPod, name, [External.Address], time);

    private string? NameAt(long time) => _names.Find(Web.Address, WebPod, "node-a", External.Address, time)?.Name;
}
