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
        Assert.Equal(["a.example", "b.example"], _names.Find(Web.Address, WebPod, External.Address, 30)!.All);
    }

    [Fact]
    public void A_response_is_not_used_for_another_client()
    {
        Add("a.example", 10);
        Assert.Null(_names.Find(Web.Address, OtherPod, External.Address, 20)); // another pod has the address now
        Assert.Null(_names.Find(Cart.Address, null, External.Address, 20));
    }

    [Fact]
    public void A_pod_can_query_over_one_address_family_and_connect_over_the_other()
    {
        Add("a.example", 10);
        Assert.Equal("a.example", _names.Find(ParseEndpoint("fd00:10:244:1::2", 0).Address, WebPod, External.Address, 20)?.Name);
    }

    [Fact]
    public void Responses_to_an_unknown_pod_are_valid_for_a_minute()
    {
        _names.Add(Web.Address, null, "a.example", [External.Address], 10);
        Assert.Equal("a.example", NameAt(10 + ResolvedNames.UnknownClientLifetime));
        Assert.Null(NameAt(11 + ResolvedNames.UnknownClientLifetime));
    }

    [Fact]
    public void The_least_recently_resolved_address_is_evicted_first()
    {
        for (int i = 0; i < 9; i++)
            _names.Add(Web.Address, WebPod, "a.example", [ParseEndpoint($"203.0.113.{i}", 0).Address], i);
        Assert.Null(_names.Find(Web.Address, WebPod, ParseEndpoint("203.0.113.1", 0).Address, 100));
        Assert.NotNull(_names.Find(Web.Address, WebPod, ParseEndpoint("203.0.113.2", 0).Address, 100));
        Assert.NotNull(_names.Find(Web.Address, WebPod, ParseEndpoint("203.0.113.8", 0).Address, 100));
    }

    [Fact]
    public void Only_the_last_names_of_an_address_are_kept()
    {
        for (int i = 0; i <= ResolvedNames.MaxNames; i++)
            Add($"n{i}.example", i);
        IReadOnlyList<string> all = _names.Find(Web.Address, WebPod, External.Address, 100)!.All;
        Assert.Equal((ResolvedNames.MaxNames, "n8.example", "n1.example"), (all.Count, all[0], all[^1]));
    }

    private void Add(string name, long time) => _names.Add(Web.Address, WebPod, name, [External.Address], time);

    private string? NameAt(long time) => _names.Find(Web.Address, WebPod, External.Address, time)?.Name;
}
