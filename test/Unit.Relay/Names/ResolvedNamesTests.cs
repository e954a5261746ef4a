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
    public void An_address_is_what_the_last_answer_before_the_flow_called_it()
    {
        Add("a.example", 10);
        Add("b.example", 20);
        Add("a.example", 30);
        Assert.Null(NameAt(9));
        Assert.Equal("a.example", NameAt(19));
        Assert.Equal("b.example", NameAt(29));
        Assert.Equal("a.example", NameAt(30));
        Assert.Equal(["a.example", "b.example"], _names.Find(Web.Address, WebPod, Outside.Address, 30)!.All);
    }

    [Fact]
    public void Another_client_s_answers_count_for_nobody_else()
    {
        Add("a.example", 10);
        Assert.Null(_names.Find(Web.Address, OtherPod, Outside.Address, 20)); // the address has another pod now
        Assert.Null(_names.Find(Cart.Address, null, Outside.Address, 20));
    }

    [Fact]
    public void A_pod_that_asks_by_one_family_connects_by_the_other()
    {
        Add("a.example", 10);
        Assert.Equal("a.example", _names.Find(End("fd00:10:244:1::2", 0).Address, WebPod, Outside.Address, 20)?.Name);
    }

    [Fact]
    public void A_pod_not_known_yet_keeps_its_answers_for_a_minute()
    {
        _names.Add(Web.Address, null, "a.example", [Outside.Address], 10);
        Assert.Equal("a.example", NameAt(10 + ResolvedNames.Nameless));
        Assert.Null(NameAt(11 + ResolvedNames.Nameless));
    }

    [Fact]
    public void What_was_heard_longest_ago_is_forgotten_first()
    {
        for (int i = 0; i < 9; i++)
            _names.Add(Web.Address, WebPod, "a.example", [End($"203.0.113.{i}", 0).Address], i);
        Assert.Null(_names.Find(Web.Address, WebPod, End("203.0.113.1", 0).Address, 100));
        Assert.NotNull(_names.Find(Web.Address, WebPod, End("203.0.113.2", 0).Address, 100));
        Assert.NotNull(_names.Find(Web.Address, WebPod, End("203.0.113.8", 0).Address, 100));
    }

    [Fact]
    public void Of_one_address_only_the_last_names_are_held()
    {
        for (int i = 0; i <= ResolvedNames.MostNames; i++)
            Add($"n{i}.example", i);
        IReadOnlyList<string> all = _names.Find(Web.Address, WebPod, Outside.Address, 100)!.All;
        Assert.Equal((ResolvedNames.MostNames, "n8.example", "n1.example"), (all.Count, all[0], all[^1]));
    }

    private void Add(string name, long time) => _names.Add(Web.Address, WebPod, name, [Outside.Address], time);

    private string? NameAt(long time) => _names.Find(Web.Address, WebPod, Outside.Address, time)?.Name;
}
