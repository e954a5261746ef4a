using System.Diagnostics;
using System.Text.Json.Nodes;
using Depmap.Plugin.Cluster.Kubeconfig;
using Depmap.V1;

namespace Depmap.Plugin.Tests.Completion;

/// <summary>Names from the relay, in what <c>__complete</c> prints.</summary>
public sealed class LiveNamesTests
{
    private const string None = ":4\n";

    private static readonly ObjectName[] Known =
    [
        new() { Kind = NameKind.Namespace, Name = "pay" },
        new() { Kind = NameKind.Namespace, Name = "shop" },
        new() { Kind = NameKind.Service, Namespace = "pay", Name = "cart" },
        new() { Kind = NameKind.Service, Namespace = "shop", Name = "cart" },
        new() { Kind = NameKind.Service, Namespace = "shop", Name = "bad\n:0" },
        new() { Kind = NameKind.Workload, Namespace = "shop", Name = "web", WorkloadKind = "Deployment" },
        new() { Kind = NameKind.Workload, Namespace = "shop", Name = "redis", WorkloadKind = "StatefulSet" },
        new() { Kind = NameKind.Pod, Namespace = "shop", Name = "web-5d8f-x2x" },
        new() { Kind = NameKind.Node, Name = "n1" },
    ];

    [Theory]
    [InlineData("observe -n ", "pay shop")]
    [InlineData("observe -n s", "shop")]
    [InlineData("observe --namespace=p", "pay")]
    [InlineData("map -n pay,", "pay,shop")]
    [InlineData("observe --service ", "cart")]
    [InlineData("observe --service c", "cart")]
    [InlineData("observe --service sh", "shop/cart")]
    [InlineData("observe --service shop/", "shop/cart")]
    [InlineData("observe --service=pay/c", "pay/cart")]
    [InlineData("observe -n pay --service sh", "")]
    [InlineData("observe --service cart,sho", "cart,shop/cart")]
    [InlineData("observe --pod web", "web-5d8f-x2x")]
    [InlineData("observe -n shop --pod ", "web-5d8f-x2x")]
    [InlineData("observe --request-timeout soon -n s", "shop")]
    [InlineData("observe --verdict ", "FORWARDED DROPPED")]
    [InlineData("observe --relay 127.0.0.1:1 --service ", "")]
    [InlineData("observe -v ", "")]
    [InlineData("status --depmap-namespace ", "")]
    [InlineData("install -n ", "")]
    [InlineData("try map -- -n s", "shop")]
    public async Task Flags_are_completed(string typed, string words)
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.Names = Answer;
        var expected = new PluginRun(
            0, string.Concat(words.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(word => word + "\n")) + None, "");
        PluginRun run = default;
        // A busy machine may take longer than the program waits.
        await Wait.TryUntilAsync(async () => (run = await CompleteAsync(typed, relay.Address)) == expected);
        Assert.Equal(expected, run);
    }

    [Fact]
    public async Task A_relay_in_the_cluster_is_asked_without_a_prompt_or_a_log()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.Names = Answer;
        var server = new FakeApiServer { Forward = _ => relay.ConnectAsync() };
        server.Add("/api/v1/namespaces/depmap/pods/a", new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = "a", ["namespace"] = "depmap" },
            ["status"] = new JsonObject { ["phase"] = "Running" },
        });
        ClusterChoice? chosen = null;
        var expected = new PluginRun(0, "shop/cart\n" + None, "");
        string[] args = ["__complete", "map", "-v", "9", "--context", "c", "--service", "sh"];
        PluginRun run = default;
        await Wait.TryUntilAsync(async () =>
            (run = await PluginRun.Of(args, [], server: server, chosen: choice => chosen = choice)) == expected);
        Assert.Equal(expected, run);
        Assert.Equal(("c", false, false), (chosen!.Context, chosen.MayPrompt, chosen.LogsRequests));
    }

    [Theory]
    [InlineData("slow")]
    [InlineData("old")]
    [InlineData("absent")]
    [InlineData("no cluster")]
    public async Task Without_an_answer_in_time_there_are_no_words_and_no_noise(string relay)
    {
        await using FakeRelay server = await FakeRelay.StartAsync();
        using var end = new ManualResetEventSlim();
        if (relay == "slow")
        {
            server.Names = request =>
            {
                end.Wait();
                return Answer(request);
            };
        }

        // Once before, so that the time is not that of the first call.
        await CompleteAsync("observe -n ", "127.0.0.1:1");
        long start = Stopwatch.GetTimestamp();
        PluginRun run = await CompleteAsync(
            "observe -n ", relay switch { "absent" => "127.0.0.1:1", "no cluster" => "", _ => server.Address });
        TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
        end.Set();
        Assert.Equal(new PluginRun(0, None, ""), run);
        // The time is 0.3 s; a busy machine adds to it.
        Assert.InRange(elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(3));
    }

    private static Task<PluginRun> CompleteAsync(string typed, string relay) => PluginRun.Of(
        ["__complete", .. typed.Split(' ')], new() { ["DEPMAP_RELAY"] = relay, ["KUBECONFIG"] = "/nowhere" });

    // As the relay does.
    private static NamesResponse Answer(NamesRequest request) => new()
    {
        Names =
        {
            Known.Where(name => request.Kinds.Contains(name.Kind)
                && (name.Name.StartsWith(request.Prefix, StringComparison.Ordinal)
                    || $"{name.Namespace}/{name.Name}".StartsWith(request.Prefix, StringComparison.Ordinal))
                && (name.Namespace.Length == 0 || request.Namespaces.Count == 0 || request.Namespaces.Contains(name.Namespace))
                && (request.WorkloadKind.Length == 0 || request.WorkloadKind == name.WorkloadKind)),
        },
    };
}
