using Depmap.V1;

namespace Depmap.Plugin.Tests;

/// <summary>What an empty result says about names that the cluster does not have.</summary>
public sealed class NameHintTests
{
    private static readonly NamesResponse Known = new()
    {
        Names =
        {
            new ObjectName { Kind = NameKind.Namespace, Name = "shop" },
            new ObjectName { Kind = NameKind.Namespace, Name = "pay" },
            new ObjectName { Kind = NameKind.Service, Namespace = "shop", Name = "cart" },
            new ObjectName { Kind = NameKind.Service, Namespace = "pay", Name = "bad\u001b[31m" },
            new ObjectName { Kind = NameKind.Workload, Namespace = "shop", Name = "web", WorkloadKind = "Deployment" },
            new ObjectName { Kind = NameKind.Pod, Namespace = "shop", Name = "web-5d8f-x2x" },
        },
    };

    [Theory]
    [InlineData("-n shop", "")]
    [InlineData("-n shpo", " There is no namespace \"shpo\". Did you mean shop?")]
    [InlineData("-n frobnicate", " There is no namespace \"frobnicate\".")]
    [InlineData("-n frobnicate,shpo", " There is no namespace \"shpo\". Did you mean shop?")]
    [InlineData("--service cart", "")]
    [InlineData("--service crat", " There is no service \"crat\". Did you mean shop/cart?")]
    [InlineData("--service pay/cart", " There is no service \"pay/cart\". Did you mean shop/cart?")]
    [InlineData("--service bad", " There is no service \"bad\".")]
    [InlineData("--to-namespace shpo", " There is no namespace \"shpo\". Did you mean shop?")]
    [InlineData("--from-service crat", " There is no service \"crat\". Did you mean shop/cart?")]
    [InlineData("--workload deploy/wbe", " There is no workload \"wbe\". Did you mean shop/web?")]
    [InlineData("--workload shop/deploy/web", "")]
    [InlineData("--node n2", " There is no node \"n2\".")]
    [InlineData("--not service=crat", "")]
    [InlineData("--port 80", "")]
    public async Task It_names_the_closest(string flags, string hint)
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.Names = _ => Known;
        Assert.Equal(
            new PluginRun(0, "", $"No edges found.{hint}\n"), await PluginRun.Of(["map", "--relay", relay.Address, .. flags.Split(' ')]));
        Assert.Equal(
            new PluginRun(0, "", $"No flows match.{hint}\n"),
            await PluginRun.Of(["observe", "--relay", relay.Address, .. flags.Split(' ')]));
    }

    [Theory]
    [InlineData("svc/cart", "")]
    [InlineData("svc/crat", " There is no service \"crat\". Did you mean shop/cart?")]
    [InlineData("deploy/wbe", " There is no workload \"wbe\". Did you mean shop/web?")]
    [InlineData("web", "")]
    [InlineData("shop/wbe", " There is no workload, service or pod \"shop/wbe\". Did you mean shop/web?")]
    [InlineData("ns/shpo", " There is no namespace \"shpo\". Did you mean shop?")]
    [InlineData("node/n2", " There is no node \"n2\".")]
    [InlineData("--to crat", " There is no workload, service or pod \"crat\". Did you mean shop/cart?")]
    [InlineData("--from svc/crat", " There is no service \"crat\". Did you mean shop/cart?")]
    [InlineData("198.51.100.7", "")]
    [InlineData("api.example.com", "")]
    public async Task It_names_the_closest_object_of_the_map_in_every_format(string objects, string hint)
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.Names = _ => Known;
        foreach ((string format, string output) in (
            (string, string)[])[("table", ""), ("json", (await PluginRun.Of("map", "--relay", relay.Address, "-o", "json")).Output)])
        {
            Assert.Equal(
                new PluginRun(0, output, $"No edges found.{hint}\n"),
                await PluginRun.Of(["map", "--relay", relay.Address, "-o", format, .. objects.Split(' ')]));
        }
    }

    [Theory]
    [InlineData("web", "")] // the start of a pod's name
    [InlineData("shop/web-5", "")]
    [InlineData("wbe", " There is no pod \"wbe\". Did you mean shop/web?")]
    public async Task A_pod_is_known_by_the_start_of_its_name(string pod, string hint)
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.Names = _ => Known;
        Assert.Equal(
            new PluginRun(0, "", $"No flows match.{hint}\n"), await PluginRun.Of("observe", "--relay", relay.Address, "--pod", pod));
    }

    [Fact]
    public async Task Nothing_is_claimed_if_the_relay_does_not_say()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        PluginRun run = new(0, "", "No edges found.\n");
        Assert.Equal(run, await PluginRun.Of("map", "--relay", relay.Address, "-n", "shpo")); // an older relay
        relay.Names = _ => new NamesResponse();
        Assert.Equal(run, await PluginRun.Of("map", "--relay", relay.Address, "-n", "shpo"));
        NamesResponse many = Known.Clone();
        many.Truncated = true;
        relay.Names = _ => many;
        Assert.Equal(run, await PluginRun.Of("map", "--relay", relay.Address, "-n", "shpo"));
    }

    [Fact]
    public async Task With_a_result_the_relay_is_not_asked()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        bool isAsked = false;
        relay.Names = _ =>
        {
            isAsked = true;
            return Known;
        };
        relay.Map.Edges.AddRange(Examples.Edges);
        await PluginRun.Of("map", "--relay", relay.Address, "-n", "shpo");
        Assert.False(isAsked);
    }
}
