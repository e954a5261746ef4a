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
        await cluster.RunAsync($$"""
            kubectl apply -f {{AppContext.BaseDirectory}}/shop.yaml
            for d in deployment/web deployment/ingress deployment/cart statefulset/redis deployment/payments; do
              kubectl -n shop rollout status $d --timeout=60s
            done
            nsenter --net=/run/netns/dmk-out busybox httpd -p 198.51.100.10:80
            """);
        string before = await cluster.RunAsync(Kubernetes.Everything);
        DateTimeOffset start = DateTimeOffset.UtcNow;

        string installed = await cluster.RunAsync("kubectl depmap install");
        Assert.Contains("daemonset/depmap-agent created\n", installed, StringComparison.Ordinal);

        await cluster.RunAsync("kubectl -n shop exec deployment/web -- curl -s --max-time 5 http://cart/ -o /dev/null");
        // The first flow is shown within 60 s of the start of install.
        await Wait.TryUntilAsync(async () => (await FlowsAsync("--service shop/cart")).Count == 1);
        Assert.InRange((DateTimeOffset.UtcNow - start).TotalSeconds, 0, 60);

        Assert.Equal(
            "Depmap 0.1.0 is already installed: nothing changed.\n", await cluster.RunAsync("kubectl depmap install 2>&1 >/dev/null"));

        await AssertFlowsAndEdgesAsync();
        await AssertAgentsReportTheirOwnNodeAsync();
        await AssertFewApiRequestsAsync(start);
        await AssertFirstLineIsQuickAsync();
        await AssertUpgradesAndRefusesToDowngradeAsync();

        string removed = await cluster.RunAsync("kubectl depmap uninstall");
        Assert.Contains("daemonset/depmap-agent deleted\n", removed, StringComparison.Ordinal);
        Assert.Equal(before, await cluster.RunAsync(Kubernetes.Everything));
        Assert.Equal("Depmap is not installed: nothing to do.\n", await cluster.RunAsync("kubectl depmap uninstall 2>&1"));
        await cluster.RunAsync("kubectl delete namespace shop --timeout=60s; pkill -f '^busybox httpd -p 198.51.100.10:80'");
    }

    private async Task AssertFlowsAndEdgesAsync()
    {
        string cart = (await cluster.RunAsync("kubectl -n shop get pod -l app=cart -o jsonpath='{.items[0].status.podIP}'")).Trim();
        await cluster.RunAsync($$"""
            address() { kubectl -n shop get service $1 -o jsonpath='{.spec.clusterIP}'; }
            call() { kubectl -n shop exec deployment/web -- "$@" >/dev/null 2>&1 || true; }
            ingress() { kubectl -n shop exec deployment/ingress -- "$@" >/dev/null; }
            for i in 1 2 3; do
              call curl -s --max-time 5 http://cart/
              call sh -c 'echo hello | socat -t 1 - TCP:redis:6379'
              call curl -s --max-time 2 http://payments/
              call curl -s --max-time 2 http://{{cart}}:9999/
              call curl -s --max-time 5 http://api.example.com/
              ingress curl -s --max-time 5 http://$(address cart)/
              ingress sh -c "echo hello | socat -t 1 - TCP:$(address redis):6379"
            done
            """);

        string[] expected =
        [
            "TCP Deployment/ingress -> service cart:80 at Deployment/cart FORWARDED on n2",
            "TCP Deployment/ingress -> service redis:6379 at StatefulSet/redis FORWARDED on n1",
            $"TCP Deployment/web -> {cart}:9999 at Deployment/cart DROPPED REFUSED on n1",
            "TCP Deployment/web -> api.example.com:80 FORWARDED on n1",
            "TCP Deployment/web -> service cart:80 at Deployment/cart FORWARDED on n1",
            "TCP Deployment/web -> service payments:80 at Deployment/payments DROPPED POLICY NETFILTER_DROP on n1",
            "TCP Deployment/web -> service redis:6379 at StatefulSet/redis FORWARDED on n1",
            "UDP Deployment/web -> service kube-dns:53 at Deployment/coredns FORWARDED on n1",
        ];
        List<FlowLine> flows = [];
        await Wait.TryUntilAsync(async () =>
        {
            flows = [.. (await FlowsAsync("-n shop")).Where(flow => !flow.Probe)];
            return flows.Count(flow => flow.Protocol == "TCP") >= 22;
        });
        string[] shown = [.. flows.Select(flow => $"{flow} on {flow.Node}").Distinct().Order(StringComparer.Ordinal)];
        Assert.True(expected.SequenceEqual(shown), string.Join('\n', shown));
        // Three calls each, and the one that made the first flow.
        Assert.Equal(
            [4, 3, 3, 3, 3, 3, 3],
            flows.Where(flow => flow.Protocol == "TCP").GroupBy(flow => flow.ToString()).Select(calls => calls.Count()).OrderDescending());

        string[] edges = [.. (await EdgesAsync("-n shop")).Select(WithoutUdpCount).Order(StringComparer.Ordinal)];
        Assert.Equal(
            [
                "TCP Deployment/ingress -> service cart:80 3 forwarded, 0 dropped",
                "TCP Deployment/ingress -> service redis:6379 3 forwarded, 0 dropped",
                "TCP Deployment/web -> Deployment/cart:9999 0 forwarded, 3 dropped REFUSED:3",
                "TCP Deployment/web -> api.example.com:80 3 forwarded, 0 dropped",
                "TCP Deployment/web -> service cart:80 4 forwarded, 0 dropped",
                "TCP Deployment/web -> service payments:80 0 forwarded, 3 dropped POLICY NETFILTER_DROP:3",
                "TCP Deployment/web -> service redis:6379 3 forwarded, 0 dropped",
                "UDP Deployment/web -> service kube-dns:53 some forwarded, 0 dropped",
            ],
            edges);

        // The kubelet probes cart every second: such flows are marked, and the map shows them only on request.
        Assert.Contains(await FlowsAsync("-n shop --port 8080"), flow => flow.Probe);
        EdgeLine probes = Assert.Single(await EdgesAsync("-n shop --probes --port 8080"));
        Assert.Equal(("n2", "Deployment/cart"), (probes.Source.Node, probes.Destination.Workload));
    }

    // As the audit log of the API server shows.
    private async Task AssertFewApiRequestsAsync(DateTimeOffset start)
    {
        string[] requests = (await cluster.RunAsync($$"""
            jq -r 'select(.user.username | startswith("system:serviceaccount:depmap"))
              | select(.requestReceivedTimestamp > "{{start:yyyy-MM-dd'T'HH:mm:ss}}")
              | [.auditID, .user.username, .verb, .objectRef.resource] | @tsv' $(dirname $KUBECONFIG)/logs/audit.jsonl | sort -u | cut -f2-
            """)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        (string User, string Verb, string Resource)[] all =
            [.. requests.Select(request => request.Split('\t')).Select(cells => (cells[0], cells[1], cells[2]))];
        Assert.All(all, request => Assert.Equal("system:serviceaccount:depmap:depmap-relay", request.User));
        Assert.All(all, request => Assert.Contains(request.Verb, (string[])["list", "watch"]));
        Assert.Equal(
            ["endpointslices", "jobs", "nodes", "pods", "replicasets", "services"],
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
        Assert.Equal(
            "error: version 9.9.9 is installed, which is newer than 0.1.0. Try: --force to install 0.1.0\nexit 1\n",
            await cluster.RunAsync("kubectl depmap install 2>&1 || echo exit $?"));
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

    // The number of queries for a name depends on the resolver.
    private static string WithoutUdpCount(EdgeLine edge) => edge.Protocol == "UDP" && edge.Forwarded > 0
        ? edge.ToString().Replace(string.Create(CultureInfo.InvariantCulture, $" {edge.Forwarded} "), " some ", StringComparison.Ordinal)
        : edge.ToString();

    private async Task<List<FlowLine>> FlowsAsync(string filter) =>
        FlowLine.ReadAll(await cluster.RunAsync($"kubectl depmap observe -o json {filter}"));

    private async Task<List<EdgeLine>> EdgesAsync(string filter) =>
        EdgeLine.ReadAll(await cluster.RunAsync($"kubectl depmap map -o json {filter}"));
}
