using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Depmap.Cluster.Tests;

/// <summary>The life of an installation, from install to uninstall, by the commands of a user.</summary>
[Collection(nameof(Kubernetes))]
public sealed class InstallTests(Kubernetes cluster)
{
    [Fact]
    public async Task Install_shows_the_edges_of_a_shop_and_uninstall_leaves_nothing()
    {
        // The shop comes first: its pods and CoreDNS make the interfaces and bridges that are compared at the end.
        var shop = new Shop(cluster);
        await shop.CreateAsync();
        string before = await cluster.RunAsync(Kubernetes.Everything);
        DateTimeOffset start = DateTimeOffset.UtcNow;

        var watch = Stopwatch.StartNew();
        string installed = await cluster.RunAsync("kubectl depmap install");
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(30));
        Assert.Contains("daemonset/depmap-agent created\n", installed, StringComparison.Ordinal);

        await cluster.RunAsync("kubectl -n shop exec deployment/web -- curl -s --max-time 5 http://cart/ -o /dev/null");
        // The first flow is shown within 60 s of the start of install.
        await Wait.TryUntilAsync(async () => (await FlowsAsync("--service shop/cart")).Count == 1);
        Assert.InRange((DateTimeOffset.UtcNow - start).TotalSeconds, 0, 60);

        Assert.EndsWith(
            "Depmap 0.1.0 is already installed: nothing changed.\n",
            await cluster.RunAsync("kubectl depmap install 2>&1 >/dev/null"),
            StringComparison.Ordinal);

        // Three calls each, and the one that made the first flow.
        await shop.AssertFlowsAndEdgesAsync(earlier: 1);
        await AssertProbesAndOwnFlowsAreLeftOutAsync();
        await AssertAgentsReportTheirOwnNodeAsync();
        await AssertFewApiRequestsAsync(start);
        await AssertFirstLineIsQuickAsync();
        await AssertUpgradesAndRefusesToDowngradeAsync();

        string removed = await cluster.RunAsync("kubectl depmap uninstall");
        Assert.Contains("daemonset/depmap-agent deleted\n", removed, StringComparison.Ordinal);
        Assert.Equal(before, await cluster.RunAsync(Kubernetes.Everything));
        Assert.EndsWith(
            "Depmap is not installed: nothing to do.\n", await cluster.RunAsync("kubectl depmap uninstall 2>&1"), StringComparison.Ordinal);
        await shop.DeleteAsync();
    }

    private async Task AssertProbesAndOwnFlowsAreLeftOutAsync()
    {
        // The kubelet probes cart every second: shown only on request, and marked.
        List<FlowLine> called = await FlowsAsync("-n shop --port 8080 --include-probes");
        Assert.Contains(called, flow => flow.Probe);
        Assert.All(called, flow => Assert.Equal(flow.Destination.Service is null, flow.Probe));
        EdgeLine probes = Assert.Single(await EdgesAsync("-n shop --include-probes --port 8080"));
        Assert.Equal(("n2", "Deployment/cart"), (probes.Source.Node, probes.Destination.Workload));

        // So are the flows of Depmap itself: its agents call the relay, and the relay calls the API server.
        Assert.Empty(await FlowsAsync("-n depmap"));
        Assert.Empty(await EdgesAsync("-n depmap"));
        List<FlowLine> own = await FlowsAsync("-n depmap --include-depmap");
        Assert.All(own, flow => Assert.True(flow.Depmap));
        Assert.Contains(own, flow => flow.Destination is { Service: "depmap-relay", Port: 9471 });
        Assert.Contains(own, flow => flow is { Source.Workload: "Deployment/depmap-relay", Destination.Service: "kubernetes" });
        Assert.NotEmpty(await EdgesAsync("-n depmap --include-depmap"));
    }

    // As the audit log of the API server shows.
    private async Task AssertFewApiRequestsAsync(DateTimeOffset start)
    {
        string[] requests = (await cluster.RunAsync($$"""
            jq -r 'select(.user.username | startswith("system:serviceaccount:depmap"))
              | select(.requestReceivedTimestamp > "{{start:yyyy-MM-dd'T'HH:mm:ss}}")
              | select(.requestURI | contains("status.podIP") | not) # a single pod, whose object is late
              | select(.requestURI != "/apis") # which kinds of policies there are
              | [.auditID, .user.username, .verb, .objectRef.resource] | @tsv' $(dirname $KUBECONFIG)/logs/audit.jsonl | sort -u | cut -f2-
            """)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        (string User, string Verb, string Resource)[] all =
            [.. requests.Select(request => request.Split('\t')).Select(cells => (cells[0], cells[1], cells[2]))];
        Assert.All(all, request => Assert.Equal("system:serviceaccount:depmap:depmap-relay", request.User));
        // The relay keeps two Secrets, which it reads once a minute.
        Assert.All(all, request => Assert.Contains(
            request.Verb, request.Resource == "secrets" ? (string[])["get", "patch"] : ["list", "watch"]));
        Assert.Equal(
            ["endpointslices", "jobs", "namespaces", "networkpolicies", "nodes", "pods", "replicasets", "services"],
            all.Where(request => request.Verb == "list").Select(request => request.Resource).Order(StringComparer.Ordinal));
    }

    // Half a second from the command to its first line, over the port-forward. The fastest of five runs, as others use the CPU too.
    private async Task AssertFirstLineIsQuickAsync()
    {
        string[] milliseconds = (await cluster.RunAsync("""
            for i in 1 2 3 4 5; do
              start=$(date +%s%N)
              kubectl depmap observe | { read -r line && [ -n "$line" ] && echo $((($(date +%s%N) - start) / 1000000)); cat >/dev/null; }
            done
            """)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.InRange(milliseconds.Min(text => int.Parse(text, CultureInfo.InvariantCulture)), 1, 500);
    }

    private async Task AssertUpgradesAndRefusesToDowngradeAsync()
    {
        await ApplyVersionAsync("9.9.9");
        Assert.EndsWith(
            "error: version 9.9.9 is installed, which is newer than 0.1.0. Try: --force to install 0.1.0\nexit 1\n",
            await cluster.RunAsync("kubectl depmap install 2>&1 || echo exit $?"),
            StringComparison.Ordinal);
        Assert.Contains("9.9.9", await VersionsAsync(), StringComparison.Ordinal);

        // The previous version is this version's image by another name.
        await cluster.RunAsync("""
            for n in n1 n2; do
              for image in localhost/depmap-agent localhost/depmap-relay; do
                ctr -a $(dirname $KUBECONFIG)/$n/containerd.sock -n k8s.io images tag $image:0.1.0 $image:0.0.9
              done
            done
            """);
        await ApplyVersionAsync("0.0.9");
        await cluster.RunAsync("""
            kubectl -n depmap rollout status deployment/depmap-relay --timeout=60s
            kubectl -n depmap-agents rollout status daemonset/depmap-agent --timeout=60s
            """);
        string certificates = await CertificatesAsync();
        string upgraded = await cluster.RunAsync("kubectl depmap install 2>&1");
        Assert.Contains("daemonset/depmap-agent configured\n", upgraded, StringComparison.Ordinal);
        Assert.DoesNotContain("0.0.9", await VersionsAsync(), StringComparison.Ordinal);
        // An upgrade keeps the certificates of agents and relay.
        Assert.Equal(certificates, await CertificatesAsync());
        await Wait.TryUntilAsync(async () =>
            await cluster.RunAsync("kubectl depmap status >/dev/null 2>&1 && echo healthy || true") == "healthy\n");
        Assert.EndsWith("healthy\n", await cluster.RunAsync("kubectl depmap status 2>&1 && echo healthy"), StringComparison.Ordinal);
    }

    // Applies what install of that version would apply.
    private Task<string> ApplyVersionAsync(string version) => cluster.RunAsync($"""
        kubectl depmap install --dry-run=client -o yaml | sed 's/0\.1\.0/{version}/g' |
          kubectl apply --server-side --force-conflicts --field-manager=depmap -f -
        """);

    private Task<string> VersionsAsync() => cluster.RunAsync("""
        kubectl get deployment,daemonset -A -l app.kubernetes.io/name=depmap \
          -o jsonpath='{range .items[*]}{.metadata.labels}{.spec.template.spec.containers[*].image} {end}'
        """);

    private Task<string> CertificatesAsync() => cluster.RunAsync(
        "kubectl get secret -A -l app.kubernetes.io/name=depmap -o jsonpath='{range .items[*]}{.data}{end}'");

    private async Task AssertAgentsReportTheirOwnNodeAsync()
    {
        using JsonDocument status = JsonDocument.Parse(await cluster.RunAsync("kubectl depmap status -o json"));
        foreach (JsonElement agent in status.RootElement.GetProperty("agents").EnumerateArray())
        {
            string node = agent.GetProperty("node").GetString()!;
            string pods = await cluster.RunAsync($$$"""
                kubectl get pods -A --field-selector spec.nodeName={{{node}}},status.phase=Running \
                  -o go-template='{{range .items}}{{if not .spec.hostNetwork}}x{{end}}{{end}}'
                """);
            Assert.Equal(pods.Length, agent.GetProperty("interfaces").GetInt32());
        }

        Assert.Equal(2, status.RootElement.GetProperty("agents").GetArrayLength());
    }

    private async Task<List<FlowLine>> FlowsAsync(string filter) =>
        FlowLine.ReadAll(await cluster.RunAsync($"kubectl depmap observe -o json {filter}"));

    private async Task<List<EdgeLine>> EdgesAsync(string filter) =>
        EdgeLine.ReadAll(await cluster.RunAsync($"kubectl depmap map -o json {filter}"));
}
