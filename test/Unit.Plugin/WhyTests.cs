using System.Text.Json;
using Depmap.V1;

namespace Depmap.Plugin.Tests;

public sealed class WhyTests
{
    [Fact]
    public async Task The_text_has_flows_policies_and_readiness()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.Explained = Response;
        PluginRun run = await PluginRun.Of("why", "-n", "shop", "deploy/web", "pay/svc/payments:8443", "--relay", relay.Address);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        await Snapshot.Match(run.Output);
        Assert.Equal(
            new ExplainRequest
            {
                Source = new Reference { Kind = ReferenceKind.Workload, Namespace = "shop", Name = "web", WorkloadKind = "Deployment" },
                Destination = new Reference { Kind = ReferenceKind.Service, Namespace = "pay", Name = "payments" },
                Port = 8443,
            },
            relay.ExplainAsked);
    }

    [Fact]
    public async Task The_same_is_one_JSON_object()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.Explained = Response;
        PluginRun run = await PluginRun.Of("why", "shop/web", "pay/payments:8443", "-o", "json", "--relay", relay.Address);
        JsonDocument.Parse(run.Output).Dispose();
        await Snapshot.Match(run.Output);
    }

    [Fact]
    public async Task A_name_that_is_not_found_is_one_line_on_stderr()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.Explained = new ExplainResponse { Destination = "service shop/cart (1 endpoint)", Nearest = { "web" } };
        Assert.Equal(
            new PluginRun(0, "", "Nothing in the cluster is named default/wbe, did you mean web?\n"),
            await PluginRun.Of("why", "wbe", "cart", "--relay", relay.Address));
    }

    [Fact]
    public async Task A_name_of_another_namespace_is_suggested_with_it()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.Explained = new ExplainResponse { Nearest = { "shop/web", "pay/cart" } };
        Assert.Equal(
            new PluginRun(0, "", "Nothing in the cluster is named default/web, did you mean shop/web?\n"
                + "Nothing in the cluster is named default/crat, did you mean pay/cart?\n"),
            await PluginRun.Of("why", "web", "crat", "--relay", relay.Address));
    }

    [Fact]
    public async Task Hostile_text_is_escaped()
    {
        const string hostile = "a\e[31mb\u202ec\nd";
        ExplainResponse response = Response;
        response.Source = response.Destination = hostile;
        PolicyCheck check = response.Checks[0];
        check.Client = check.Server = hostile;
        check.Verdict.Limits.Add(hostile);
        check.Verdict.Directions[0].Reason = check.Verdict.Directions[0].Nearest = hostile;
        check.Verdict.Directions[0].Policies[0].Name = hostile;
        response.Services[0].Service = hostile;
        response.Flows[0].Source.Pod = response.Flows[0].Destination.Service = hostile;
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.Explained = response;
        PluginRun run = await PluginRun.Of("why", "shop/web", "pay/payments:8443", "--relay", relay.Address);
        Assert.DoesNotContain(run.Output, letter => letter is '\e' or '\u202e');
        Assert.Contains("From:      a\\u001b[31mb\\u202ec d\n", run.Output, StringComparison.Ordinal);

        relay.Explained = new ExplainResponse { Destination = "service shop/cart (1 endpoint)", Nearest = { "front\e\u202eend" } };
        run = await PluginRun.Of("why", "front--end", "cart", "--relay", relay.Address);
        Assert.Contains("did you mean front\\u001b\\u202eend?", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("why", "give a source and a destination: why SOURCE DESTINATION[:PORT]")]
    [InlineData("why web", "give a source and a destination: why SOURCE DESTINATION[:PORT]")]
    [InlineData("why a/b/c/d web", "invalid value \"a/b/c/d\" for SOURCE: use KIND/NAME, [NAMESPACE/]NAME, NAMESPACE/KIND/NAME, "
        + "an IP address or a DNS name")]
    [InlineData("why web cart:http", "invalid value \"cart:http\" for DESTINATION: use a port from 1 to 65535 after the colon")]
    [InlineData("why a b c", "unexpected argument \"c\", see kubectl depmap why --help")]
    [InlineData("why a b -o yaml", "invalid value \"yaml\" for --output: use text or json")]
    public async Task Bad_input_is_one_line(string line, string error) =>
        Assert.Equal(new PluginRun(1, "", $"error: {error}\n"), await PluginRun.Of(line.Split(' ')));

    private static ExplainResponse Response => new()
    {
        Source = "Deployment shop/web (2 pods)",
        Destination = "service pay/payments (3 endpoints)",
        Flows = { Examples.PolicyFlows.First(), Examples.DroppedWithDetail },
        Forwarded = 12,
        Dropped = 2,
        SinceUnixNs = Examples.Time,
        Checks =
        {
            new PolicyCheck
            {
                Port = 8443, Protocol = Protocol.Tcp, Verdict = Examples.PolicyFlows.First().Policy, Pairs = 4, AllPairs = 6,
                Client = "shop/web-5d8f-x2x", Server = "pay/payments-1",
            },
            new PolicyCheck
            {
                Port = 8443, Protocol = Protocol.Tcp, Verdict = new PolicyVerdict { Allowed = true }, Pairs = 2, AllPairs = 6,
                Client = "shop/web-5d8f-x2x", Server = "pay/payments-3",
            },
        },
        Services = { new ServiceReadiness { Namespace = "pay", Service = "payments", Port = 8443, Ready = 2, NotReady = 1 } },
    };
}
