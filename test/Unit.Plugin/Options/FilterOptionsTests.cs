using System.CommandLine;
using Depmap.Plugin.Options;
using Depmap.V1;

namespace Depmap.Plugin.Tests.Options;

/// <summary>Which filter the flags make.</summary>
public sealed class FilterOptionsTests
{
    public static TheoryData<string, Filter> Flags => new()
    {
        { "", new Filter() },
        { "-A", new Filter() },
        { "-n shop,pay --pod web", new Filter { Namespaces = { "shop", "pay" }, Pods = { "web" } } },
        {
            "--from-namespace shop --to-namespace pay",
            new Filter { Source = End(end => end.Namespaces.Add("shop")), Destination = End(end => end.Namespaces.Add("pay")) }
        },
        { "--from-pod shop/web", new Filter { Source = End(end => end.Pods.Add("shop/web")) } },
        { "--to-service cart", new Filter { Destination = End(end => end.Services.Add("cart")) } },
        { "--from-service cart", new Filter { Source = End(end => end.Services.Add("cart")) } },
        {
            "--workload deploy/web,web,shop/web,shop/sts/db,Rollout/x",
            new Filter
            {
                Either = End(end =>
                    end.Workloads.Add(["/Deployment/web", "//web", "shop//web", "shop/StatefulSet/db", "/Rollout/x"])),
            }
        },
        {
            "--node n1 --to-node n2",
            new Filter { Either = End(end => end.Nodes.Add("n1")), Destination = End(end => end.Nodes.Add("n2")) }
        },
        { "-l app=web,tier=front -l app=api", new Filter { Either = End(end => end.Selectors.Add(["app=web,tier=front", "app=api"])) } },
        { "--from-ip 10.0.0.0/8,fd00::1", new Filter { Source = End(end => end.Addresses.Add(["10.0.0.0/8", "fd00::1"])) } },
        { "--fqdn *.Example.com.", new Filter { Either = End(end => end.Names.Add("*.example.com")) } },
        { "--port 80,443", new Filter { Ports = { 80, 443 } } },
        {
            "--from-port 5000 --to-port 53",
            new Filter { Source = End(end => end.Ports.Add(5000)), Destination = End(end => end.Ports.Add(53)) }
        },
        { "--drop-reason policy,NO_SOCKET", new Filter { DropReasons = { DropReason.Policy }, DropDetails = { "NO_SOCKET" } } },
        {
            "--not namespace=kube-system,monitoring --not to-port=53 --verdict dropped",
            new Filter
            {
                Verdicts = { Verdict.Dropped },
                Excluded =
                {
                    new Filter { Namespaces = { "kube-system", "monitoring" } },
                    new Filter { Destination = End(end => end.Ports.Add(53)) },
                },
            }
        },
        {
            "--not selector=app=web --not verdict=forwarded",
            new Filter
            {
                Excluded =
                {
                    new Filter { Either = End(end => end.Selectors.Add("app=web")) },
                    new Filter { Verdicts = { Verdict.Forwarded } },
                },
            }
        },
        { "--include-probes --include-depmap", new Filter { IncludeProbes = true, IncludeDepmap = true } },
    };

    [Theory]
    [MemberData(nameof(Flags))]
    public void Flags_make_a_filter(string flags, Filter filter)
    {
        var options = new FilterOptions(forEdges: false);
        var command = new RootCommand();
        options.AddTo(command);
        ParseResult parse = command.Parse(flags.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Empty(parse.Errors);
        Assert.Equal(filter, options.Read(parse));
    }

    [Theory]
    [InlineData(
        "observe --not namespce=a",
        "invalid value \"namespce=a\" for --not: use FILTER=VALUE, such as namespace=kube-system, did you mean namespace?")]
    [InlineData("observe --not namespace", "invalid value \"namespace\" for --not: use FILTER=VALUE, such as namespace=kube-system")]
    [InlineData("observe --not xyzzy=1", "invalid value \"xyzzy=1\" for --not: use FILTER=VALUE, such as namespace=kube-system")]
    [InlineData("observe --not port=80,x", "invalid value \"port=80,x\" for --not: use a number from 1 to 65535")]
    [InlineData("observe --not", "--not needs a value: --not FILTER=VALUE")]
    [InlineData("observe --not --port http", "invalid value \"--port=http\" for --not: use a number from 1 to 65535")]
    [InlineData("observe --not --follow", "invalid value \"--follow\" for --not: use FILTER=VALUE, such as namespace=kube-system")]
    [InlineData("observe --from-port http", "invalid value \"http\" for --from-port: use a number from 1 to 65535")]
    [InlineData(
        "observe --workload a//b",
        "invalid value \"a//b\" for --workload: use NAME, KIND/NAME, NAMESPACE/NAME or NAMESPACE/KIND/NAME, such as deploy/web")]
    [InlineData("observe --ip 10/8", "invalid value \"10/8\" for --ip: use an IP address or a CIDR, such as 192.0.2.1 or 10.0.0.0/8")]
    [InlineData(
        "observe --to-ip 10.0.0.0/33",
        "invalid value \"10.0.0.0/33\" for --to-ip: use an IP address or a CIDR, such as 192.0.2.1 or 10.0.0.0/8")]
    [InlineData("observe --fqdn a/b", "invalid value \"a/b\" for --fqdn: use a DNS name, such as api.example.com or *.example.com")]
    [InlineData(
        "observe -l app=a=b",
        "invalid value \"app=a=b\" for --selector: use a selector such as app=web, app!=web, 'app in (web,api)', 'app "
            + "notin (web)', app or !app")]
    [InlineData(
        "observe --drop-reason POLCY",
        "invalid value \"POLCY\" for --drop-reason: use a kernel's name, POLICY, REFUSED, TIMEOUT, UNREACHABLE or "
            + "NO_ENDPOINTS, did you mean POLICY?")]
    [InlineData("observe --first 0", "invalid value \"0\" for --first: use a whole number, 1 or more")]
    [InlineData("observe --first 1 --last 1", "--first and --last cannot be used together")]
    [InlineData("observe --until 5m -f", "--until and --follow cannot be used together")]
    [InlineData("observe --until 5m --since 4m", "--until must be later than --since")]
    [InlineData("map --selector a=b", "unknown flag --selector, see kubectl depmap map --help")]
    public async Task A_wrong_value_is_named_with_what_is_accepted(string line, string error)
    {
        PluginRun run = await PluginRun.Of(line.Split(' '));
        Assert.Equal(new PluginRun(1, "", $"error: {error}\n"), run);
    }

    [Theory]
    [InlineData("--not port=80", 80)]
    [InlineData("--not=port=80", 80)]
    [InlineData("--not --port 80", 80)]
    [InlineData("--not --port=80", 80)]
    [InlineData("--not --port 80 --not -n shop", 80, "shop")]
    public async Task A_filter_can_be_negated_as_in_Hubble(string flags, int port, params string[] namespaces)
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        Assert.Equal(0, (await PluginRun.Of(["observe", "--relay", relay.Address, .. flags.Split(' ')])).ExitCode);
        var expected = new Filter { Excluded = { new Filter { Ports = { (uint)port } } } };
        expected.Excluded.Add(namespaces.Select(ns => new Filter { Namespaces = { ns } }));
        Assert.Equal(expected, relay.Observed!.Filter);
    }

    private static EndFilter End(Action<EndFilter> fill)
    {
        var end = new EndFilter();
        fill(end);
        return end;
    }
}
