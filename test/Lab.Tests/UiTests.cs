using System.Text.Json;
using Xunit.Abstractions;

namespace Depmap.Lab.Tests;

/// <summary>The live page of <c>ui</c> in a browser, on the node of the relay.</summary>
public sealed class UiTests(ITestOutputHelper output)
{
    [Fact]
    public async Task The_page_follows_the_shop_and_the_relay()
    {
        await using RunningLab lab = await RunningLab.UpAsync("test/lab/shop.lab");
        await Wait.TryUntilAsync(async () => (await lab.EdgesAsync()).Count == 8);
        string command = Installation.File("test/lab/lab");
        string pictures = Directory.CreateDirectory(Installation.File("out/pages")).FullName;
        string node = $"ip netns exec dm-{lab.Name}-a";
        Run run = await Run.ScriptAsync(
            $"""
            export DEPMAP_LAB={lab.Name} DEPMAP_BIN={Path.GetDirectoryName(Installation.Plugin)}
            export NEW_EDGE='{command} exec redis curl -sS -m 2 http://cart/'
            export STOP_RELAY='{command} stop relay KILL' START_RELAY='{command} start relay'
            export PRINTED={lab.State}/log/ui
            mkfifo {lab.State}/link && exec 3<>{lab.State}/link # a reader that stays: a closed pipe would end the page
            {node} {Installation.Plugin} ui --relay 127.0.0.1:9470 >{lab.State}/link 2>{lab.State}/log/ui &
            trap "kill $!" EXIT
            read -r link <&3
            cd {Installation.File("test/Pages.Tests/browser")}
            {node} node check-ui.mjs "$(command -v chromium || command -v chromium-browser)" "$link" {pictures}
            """,
            timeout: TimeSpan.FromMinutes(5));

        output.WriteLine(run.ToString());
        using JsonDocument document = JsonDocument.Parse(run.Succeeded());
        JsonElement found = document.RootElement;
        string[] shop =
        [
            "shop/cart to kube-system/coredns", "shop/cart to shop/redis", "shop/payments to kube-system/coredns",
            "shop/redis to kube-system/coredns", "shop/web to kube-system/coredns", "shop/web to shop/cart", "shop/web to shop/payments",
        ];
        Assert.Equal(shop, Texts("wires").Order());
        Assert.StartsWith("counted since ", Text("about"));
        Assert.Contains("DROPPED", Texts("verdicts"));
        Assert.Contains("FORWARDED", Texts("verdicts"));
        Assert.Empty(Texts("violations"));
        Assert.Matches("^From: +Deployment shop/web ", Text("why"));
        Assert.True(found.GetProperty("whyStays").GetBoolean());
        Assert.True(found.GetProperty("chosenByFlow").GetBoolean());
        Assert.Equal(["shop/redis to shop/cart"], Texts("added"));
        Assert.Equal(["DROPPED"], Texts("dropsOnly"));
        Assert.Equal(["shop/cart to shop/redis"], Texts("filtered"));
        Assert.Equal(["shop/redis:6379"], Texts("filteredServers"));
        Assert.Equal("unknown flag --namespaze, did you mean --namespace?", Text("invalid"));
        Assert.Equal("", Text("invalidAfter"));
        Assert.Equal(4, found.GetProperty("byNamespace").GetInt32());
        Assert.Contains("the relay at 127.0.0.1:9470", Text("problem"));
        Assert.Contains("used before", Text("usedLink"));
        Assert.Equal(0, found.GetProperty("usedLinkWires").GetInt32());
        Assert.Empty(Texts("messages"));
        Assert.Equal(new Uri(Text("address")).GetLeftPart(UriPartial.Authority), Assert.Single(Texts("origins")));
        Assert.DoesNotContain("#", Text("address"));

        string Text(string field) => found.GetProperty(field).GetString()!;

        string[] Texts(string field) => [.. found.GetProperty(field).EnumerateArray().Select(text => text.GetString()!)];
    }
}
