using System.Text;
using System.Text.Json.Nodes;
using Depmap.Plugin.Output;
using Depmap.Plugin.Yaml;
using Depmap.V1;
using Grpc.Core;

namespace Depmap.Plugin.Tests;

public sealed class PolicyTests
{
    private const string DenyAll = """
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: deny-all}
        spec: {podSelector: {}}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: other}
        """;

    [Fact]
    public async Task There_is_a_policy_for_each_workload()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.Traffic = Seen;
        PluginRun run = await PluginRun.Of("policy", "-n", "shop", "--relay", relay.Address);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        await Snapshot.Match(run.Output);
        JsonNode[] policies = [.. YamlJson.Read(new StringReader(run.Output))];
        Assert.All(policies, policy => Assert.Equal("networking.k8s.io/v1", (string?)policy["apiVersion"]));
        Assert.Equal(
            ["depmap-nightly", "depmap-redis", "depmap-redis-statefulset", "depmap-web"],
            policies.Select(policy => (string?)policy["metadata"]!["name"]).Order(StringComparer.Ordinal));
        Assert.Equal(["shop"], relay.TrafficAsked!.Namespaces);
    }

    [Fact]
    public async Task JSON_is_a_List_of_the_same_policies()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.Traffic = Seen;
        PluginRun run = await PluginRun.Of("policy", "-A", "-o", "json", "--relay", relay.Address);
        Assert.Equal(6, JsonNode.Parse(run.Output)!["items"]!.AsArray().Count);
        Assert.Empty(relay.TrafficAsked!.Namespaces);
    }

    [Fact]
    public async Task Many_clients_outside_are_one_range()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.Traffic = new TrafficResponse
        {
            Workloads = { Workload("shop", "Deployment/web", "app=web") },
            Traffic =
            {
                Enumerable.Range(1, 21).Select(i => Traffic(
                    new TrafficEnd { Ip = $"198.51.100.{i}" }, new TrafficEnd { Namespace = "shop", Workload = "Deployment/web" }, 8080)),
            },
        };
        string output = (await PluginRun.Of("policy", "-n", "shop", "--relay", relay.Address)).Output;
        Assert.Contains("# TCP 8080: 21 addresses outside were seen, so any is allowed.\n", output, StringComparison.Ordinal);
        Assert.Contains("cidr: 0.0.0.0/0\n", output, StringComparison.Ordinal);
        Assert.DoesNotContain("198.51.100.", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_outside_cannot_leave_its_comment()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.Traffic = new TrafficResponse
        {
            Workloads = { Workload("shop", "Deployment/web", "app=web") },
            Traffic =
            {
                Traffic(
                    new TrafficEnd { Namespace = "shop", Workload = "Deployment/web" },
                    new TrafficEnd { Ip = "198.51.100.1", Name = "a\nspec: {}\u0085b\u202ec\u2028d" },
                    443),
            },
        };
        string output = (await PluginRun.Of("policy", "-n", "shop", "--relay", relay.Address)).Output;
        Assert.Contains("# 198.51.100.1/32 is a?spec: {}?b?c?d.\n", output, StringComparison.Ordinal);
        Assert.Single(YamlJson.Read(new StringReader(output)));
    }

    [Fact]
    public async Task Without_traffic_there_is_one_line()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        Assert.Equal(
            new PluginRun(0, "", "Nothing was seen in shop.\n"), await PluginRun.Of("policy", "-n", "shop", "--relay", relay.Address));
    }

    [Theory]
    [InlineData("", 0, "Nothing was seen in shpo.")]
    [InlineData("--check live", 0, "2 policies would forbid 0 of 0 kinds of connections seen in 3m.")]
    public async Task Without_traffic_a_mistyped_namespace_is_named(string flags, int exitCode, string text)
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.Names = _ => new NamesResponse { Names = { new ObjectName { Kind = NameKind.Namespace, Name = "shop" } } };
        relay.Checked = new CheckResponse { Policies = 2, SinceUnixNs = Examples.Time };
        Assert.Equal(
            new PluginRun(exitCode, "", $"{text} There is no namespace \"shpo\". Did you mean shop?\n"),
            await PluginRun.Of(
                ["policy", "-n", "shpo", "--relay", relay.Address, .. flags.Split(' ', StringSplitOptions.RemoveEmptyEntries)]));
    }

    [Theory]
    [InlineData("policy --check live --fast", 2)]
    [InlineData("policy --check", 2)]
    [InlineData("policy --check live -o table", 2)]
    [InlineData("policy -A -n shop --check live", 2)]
    [InlineData("policy --check live --since soon", 2)]
    [InlineData("policy --check live --relay nowhere", 2)]
    [InlineData("policy --fast", 1)]
    [InlineData("policy -o table", 1)]
    public async Task An_error_is_not_taken_for_what_is_forbidden(string line, int exitCode)
    {
        PluginRun run = await PluginRun.Of(line.Split(' '));
        Assert.Equal((exitCode, ""), (run.ExitCode, run.Output));
        Assert.StartsWith("error: ", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_interrupted_check_is_no_success()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        using var stop = new CancellationTokenSource();
        await stop.CancelAsync();
        Assert.Equal(
            2,
            (await PluginRun.Of(
                ["policy", "--check", "live", "--relay", relay.Address], [], cancellationToken: stop.Token)).ExitCode);
    }

    [Fact]
    public async Task What_is_forbidden_is_red_on_a_terminal_and_fits_it()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.Checked = Forbidden;
        PluginRun run = await PluginRun.Of(
            ["policy", "-A", "--check", "live", "--relay", relay.Address], [], isTerminal: true, width: 80);
        await Snapshot.Match(run.Output);
        run = await PluginRun.Of(
            ["policy", "-A", "--check", "live", "--relay", relay.Address, "--color", "never"], [], isTerminal: true, width: 80);
        Assert.All(run.Output.TrimEnd('\n').Split('\n'), line => Assert.InRange(line.Length, 1, 80));
    }

    [Fact]
    public void Rows_of_workloads_of_one_name_differ()
    {
        CheckResponse check = Forbidden;
        ForbiddenTraffic other = check.Forbidden[0].Clone();
        other.Traffic.Client.Workload = "StatefulSet/web";
        string[] rows = ForbiddenTable.Write([check.Forbidden[0], other, other], PluginRun.Now).Split('\n');
        Assert.StartsWith("shop/deployment/web    pay/deployment/payments      TCP ", rows[1], StringComparison.Ordinal);
        Assert.StartsWith("shop/statefulset/web   pay/deployment/payments      TCP ", rows[2], StringComparison.Ordinal);
        Assert.StartsWith("shop/statefulset/web   pay/deployment/payments(2)   TCP ", rows[3], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_check_sends_the_policies_of_a_file_or_folder()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.Checked = Forbidden;
        using var folder = new TemporaryFolder();
        string file = Path.Combine(folder.Path, "deny.yaml");
        await File.WriteAllTextAsync(file, DenyAll);
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "notes.txt"), "{{");
        foreach (string path in (string[])[file, folder.Path])
        {
            PluginRun run = await PluginRun.Of("policy", "-n", "shop", "--check", path, "--relay", relay.Address);
            Assert.Equal(1, run.ExitCode);
            Assert.Equal("1 policy would forbid 1 of 14 kinds of connections seen in 3m.\n", run.Error);
            await Snapshot.Match(run.Output);
            JsonNode sent = JsonNode.Parse(relay.CheckAsked!.Policies.Span)!;
            Assert.Equal("shop", (string?)Assert.Single(sent["items"]!.AsArray())!["metadata"]!["namespace"]);
        }
    }

    [Fact]
    public async Task A_check_of_the_cluster_succeeds_if_nothing_is_forbidden()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.Checked = new CheckResponse { Checked = 14, Policies = 2, SinceUnixNs = Examples.Time };
        PluginRun run = await PluginRun.Of("policy", "-A", "--check", "live", "--relay", relay.Address);
        Assert.Equal(
            new PluginRun(0, "", "2 policies would forbid 0 of 14 kinds of connections seen in 3m.\n"), run);
        Assert.True(relay.CheckAsked!.Policies.IsEmpty);
        run = await PluginRun.Of("policy", "-A", "--check", "live", "-o", "json", "--relay", relay.Address);
        Assert.Empty(JsonNode.Parse(run.Output)!["forbidden"]!.AsArray());
    }

    [Theory]
    [InlineData("spec: [", "p.yaml: line ")]
    [InlineData("kind: Service", ": there is no NetworkPolicy")]
    [InlineData("[1]", ": expected Kubernetes objects")]
    [InlineData("{kind: NetworkPolicy, apiVersion: projectcalico.org/v3, metadata: {name: p}}",
        "NetworkPolicy p is of projectcalico.org/v3, which Depmap does not evaluate: use networking.k8s.io/v1")]
    [InlineData("{kind: NetworkPolicy, apiVersion: networking.k8s.io/v1}", "a NetworkPolicy has no metadata.name")]
    [InlineData("{kind: NetworkPolicyList, items: [{metadata: {}}]}", "a NetworkPolicy has no metadata.name")]
    public async Task A_file_that_cannot_be_checked_ends_with_2(string content, string error)
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        using var folder = new TemporaryFolder();
        string file = Path.Combine(folder.Path, "p.yaml");
        await File.WriteAllTextAsync(file, content, Encoding.UTF8);
        PluginRun run = await PluginRun.Of("policy", "--check", file, "--relay", relay.Address);
        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.StartsWith("error: ", run.Error, StringComparison.Ordinal);
        Assert.Contains(error, run.Error, StringComparison.Ordinal);
        Assert.Equal(1, run.Error.Count(letter => letter == '\n'));
    }

    [Fact]
    public async Task A_missing_file_and_a_refusing_relay_end_with_2()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        Assert.Equal(
            new PluginRun(2, "", "error: cannot read gone.yaml: there is no such file\n"),
            await PluginRun.Of("policy", "--check", "gone.yaml", "--relay", relay.Address));
        relay.Failure = new RpcException(new Status(StatusCode.InvalidArgument, "expected a CIDR such as 10.0.0.0/8"));
        PluginRun run = await PluginRun.Of("policy", "--check", "live", "--relay", relay.Address);
        Assert.Equal(
            (2, $"error: the relay at {relay.Address} refused the request: expected a CIDR such as 10.0.0.0/8\n"),
            (run.ExitCode, run.Error));
    }

    private static CheckResponse Forbidden => new()
    {
        Checked = 14,
        Policies = 1,
        SinceUnixNs = Examples.Time,
        Forbidden =
        {
            new ForbiddenTraffic
            {
                Traffic = Traffic(
                    new TrafficEnd { Namespace = "shop", Workload = "Deployment/web" },
                    new TrafficEnd { Namespace = "pay", Workload = "Deployment/payments", Name = "pay/payments" },
                    8443),
                Verdict = Examples.PolicyFlows.First().Policy,
            },
        },
    };

    private static TrafficResponse Seen
    {
        get
        {
            TrafficEnd web = new() { Namespace = "shop", Workload = "Deployment/web" };
            TrafficEnd redis = new() { Namespace = "shop", Workload = "StatefulSet/redis", Name = "shop/redis" };
            TrafficEnd otherRedis = new() { Namespace = "shop", Workload = "Deployment/redis" };
            TrafficEnd nightly = new() { Namespace = "shop", Workload = "CronJob/nightly" };
            TrafficEnd bare = new() { Namespace = "shop", Workload = "Pod/bare" };
            TrafficEnd payments = new() { Namespace = "pay", Workload = "Deployment/payments", Name = "pay/payments" };
            TrafficEnd dns = new() { Namespace = "kube-system", Workload = "Deployment/coredns", Name = "kube-system/kube-dns" };
            return new TrafficResponse
            {
                SinceUnixNs = Examples.Time,
                Guessed = 3,
                Forgotten = 2,
                Workloads =
                {
                    Workload("shop", "Deployment/web", "app=web", "pod-template-hash=5d8f", "tier=on", "app.kubernetes.io/version=1.2"),
                    Workload("shop", "Deployment/redis", "app=redis", "role=old"),
                    Workload(
                        "shop", "StatefulSet/redis", "app=redis", "statefulset.kubernetes.io/pod-name=redis-0",
                        "apps.kubernetes.io/pod-index=0", "controller-revision-hash=x"),
                    Workload("shop", "CronJob/nightly", "app=nightly", "job-name=nightly-1", "batch.kubernetes.io/job-name=nightly-1"),
                    Workload("shop", "Pod/bare"),
                    Workload("pay", "Deployment/payments", "app=payments"),
                    Workload("kube-system", "Deployment/coredns", "k8s-app=kube-dns"),
                },
                Traffic =
                {
                    Traffic(web, redis, 6379),
                    Traffic(web, payments, 8443),
                    Traffic(web, payments, 8080),
                    Traffic(nightly, payments, 8080),
                    Traffic(web, dns, 53, Protocol.Udp),
                    Traffic(web, new TrafficEnd { Ip = "203.0.113.7", Name = "api.example.com" }, 443),
                    Traffic(web, new TrafficEnd { Ip = "2001:db8::7" }, 443),
                    Traffic(web, new TrafficEnd { Ip = "172.30.0.1", Node = "cp", Name = "default/kubernetes" }, 6443),
                    Traffic(new TrafficEnd { Ip = "172.30.0.12", Node = "n2" }, web, 8080),
                    Traffic(bare, web, 8080),
                    Traffic(web, otherRedis, 514, Protocol.Udp),
                },
            };
        }
    }

    private static TrafficWorkload Workload(string ns, string name, params string[] labels)
    {
        var workload = new TrafficWorkload { Namespace = ns, Name = name };
        foreach (string label in labels)
            workload.Labels.Add(label.Split('=')[0], label.Split('=')[1]);
        return workload;
    }

    private static Traffic Traffic(TrafficEnd client, TrafficEnd server, uint port, Protocol protocol = Protocol.Tcp) => new()
    {
        Client = client,
        Server = server,
        Protocol = protocol,
        Port = port,
        Flows = 4,
        FirstSeenUnixNs = Examples.Time,
        LastSeenUnixNs = Examples.Time,
    };
}
