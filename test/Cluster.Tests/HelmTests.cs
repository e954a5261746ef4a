using System.Text.Json.Nodes;

namespace Depmap.Cluster.Tests;

/// <summary>The Helm chart: the same installation, by the other tool.</summary>
[Collection(nameof(Kubernetes))]
public sealed class HelmTests(Kubernetes cluster) : IAsyncLifetime
{
    private const string Every = """
        namespace: watch
        registry: example/depmap/
        image: {relay: "example/other:2"}
        pullSecret: pull
        nodeSelector: {pool: web, disk: fast}
        tolerations: ["dedicated=web:NoSchedule", spot]
        persist: {size: 2Gi, class: fast}
        legacyCapabilities: true
        agent: {logLevel: warning, flowSlots: 1048576, maxConnections: 1000000, attach: tcx}
        relay: {logLevel: debug, flows: 4096, maxEdges: 50000}
        """;

    private static readonly string Chart = Installation.File("out/chart/depmap");

    public Task InitializeAsync() => cluster.RunAsync($"{Kubernetes.Scripts}/unpack helm >/dev/null; {Installation.Root}/scripts/chart.sh");

    public Task DisposeAsync() => cluster.RunAsync("! helm status eyes >/dev/null 2>&1 || helm uninstall eyes --wait");

    [Fact]
    public async Task Lint_has_nothing_to_say() =>
        Assert.Contains("1 chart(s) linted, 0 chart(s) failed", await cluster.RunAsync($"helm lint --strict {Chart}"), StringComparison.Ordinal);

    [Theory]
    [InlineData("", "", "")]
    [InlineData("", "", Every)]
    [InlineData("", "", "persist: {size: 1Gi}")]
    // The release's own namespace is there before, and stays after it.
    [InlineData("--namespace obs", "--namespace obs", "tolerations: [\"a=\", b:NoExecute]")]
    public async Task It_makes_the_objects_that_install_makes(string helm, string plugin, string values)
    {
        string file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, values);
        // kubectl turns the templates' YAML into JSON without asking a server.
        string[] made = Objects(await cluster.RunAsync($"""
            helm template eyes {Chart} {helm} --kube-version 1.34.0 --values {file} | sed 's/managed-by: Helm/managed-by: kubectl-depmap/' |
              kubectl create --dry-run=client --validate=ignore -o json -f - | jq -s '[.[] | if .items then .items[] else . end]'
            """));
        string[] applied = Objects(await cluster.RunAsync($"""
            kubectl depmap install --dry-run=client -o yaml {plugin} --values {file} |
              kubectl create --dry-run=client --validate=ignore -o json -f - | jq -s '[.[] | if .items then .items[] else . end]'
            """));
        File.Delete(file);
        Assert.Equal(helm.Length > 0 ? applied.Where(it => !it.Contains("\"name\":\"obs\"", StringComparison.Ordinal)) : applied, made);
    }

    [Theory]
    [InlineData("agent.flowSlots=many", "got string, want")]
    [InlineData("relay.flow=5", "additional properties 'flow' not allowed")]
    [InlineData("agent.attach=xdp", "value must be one of")]
    [InlineData("tolerations={a:Never}", "does not match pattern")]
    [InlineData("namespace=Watch", "does not match pattern")]
    public async Task A_wrong_value_is_refused(string set, string reason) =>
        Assert.Contains(reason, await cluster.RunAsync($"! helm template eyes {Chart} --kube-version 1.34.0 --set '{set}' 2>&1"), StringComparison.Ordinal);

    [Fact]
    public async Task Installed_it_works_upgraded_it_keeps_its_certificates_and_uninstalled_it_leaves_nothing()
    {
        string before = await cluster.RunAsync(Kubernetes.Everything);
        string notes = await cluster.RunAsync($"helm install eyes {Chart} --wait --timeout 60s");
        Assert.Contains("Depmap 0.1.0 starts in the namespaces depmap and depmap-agents.", notes, StringComparison.Ordinal);
        Assert.EndsWith("well\n", await StatusAsync(), StringComparison.Ordinal);
        Assert.Equal(
            "error: Depmap was installed by Helm. Try: helm upgrade, or first: helm uninstall eyes --namespace default\n",
            await cluster.RunAsync("! kubectl depmap install 2>&1"));
        Assert.Equal(
            "error: Depmap was installed by Helm. Try: helm uninstall eyes --namespace default\n",
            await cluster.RunAsync("! kubectl depmap uninstall 2>&1"));

        string keys = await KeysAsync();
        await cluster.RunAsync($"helm upgrade eyes {Chart} --set agent.logLevel=debug --wait --timeout 60s");
        Assert.Equal(keys, await KeysAsync());
        Assert.Contains(" debug ", await cluster.RunAsync("kubectl -n depmap-agents logs daemonset/depmap-agent"), StringComparison.Ordinal);
        Assert.EndsWith("well\n", await StatusAsync(), StringComparison.Ordinal);

        await cluster.RunAsync("helm uninstall eyes --wait --timeout 60s; kubectl wait --for=delete namespace/depmap namespace/depmap-agents --timeout=60s");
        Assert.Equal(before, await cluster.RunAsync(Kubernetes.Everything));
    }

    [Fact]
    public async Task A_certificate_that_nears_its_end_is_made_anew_and_the_authority_stays()
    {
        await cluster.RunAsync($"helm install eyes {Chart} --wait --timeout 60s");
        string authority = await KeyAsync("depmap", "depmap-authority");
        string relay = await KeyAsync("depmap", "depmap-relay-tls");
        string agent = await KeyAsync("depmap-agents", "depmap-agent-tls");
        // 701 of 730 days ago.
        await cluster.RunAsync("""
            kubectl -n depmap patch secret depmap-relay-tls --type merge -p '{"stringData": {"issued": "'$(($(date +%s) - 701 * 86400))'"}}'
            """);
        await cluster.RunAsync($"helm upgrade eyes {Chart} --wait --timeout 60s");
        Assert.Equal((authority, agent), (await KeyAsync("depmap", "depmap-authority"), await KeyAsync("depmap-agents", "depmap-agent-tls")));
        Assert.NotEqual(relay, await KeyAsync("depmap", "depmap-relay-tls"));
        Assert.EndsWith("well\n", await StatusAsync(), StringComparison.Ordinal);
    }

    private Task<string> KeyAsync(string space, string secret) => cluster.RunAsync($"kubectl -n {space} get secret {secret} -o jsonpath='{{.data}}'");

    private Task<string> KeysAsync() => cluster.RunAsync("kubectl get secret -A -l app.kubernetes.io/name=depmap -o jsonpath='{range .items[*]}{.data}{end}'");

    // Agents connect within a second or two of the relay's start.
    private Task<string> StatusAsync() => cluster.RunAsync(
        "for i in $(seq 20); do kubectl depmap status >/dev/null 2>&1 && break; sleep 1; done; kubectl depmap status 2>&1 && echo well");

    // In an order of their own, keys too; what is in Secrets is new each time.
    private static string[] Objects(string json) =>
        [.. JsonNode.Parse(json)!.AsArray().Select(it => Sorted(it!)!.ToJsonString()).Order(StringComparer.Ordinal)];

    private static JsonNode? Sorted(JsonNode? node) => node switch
    {
        JsonObject { Count: > 0 } map => new JsonObject(map
            .Where(member => !(member.Key == "data" && (string?)map["kind"] == "Secret"))
            .OrderBy(member => member.Key, StringComparer.Ordinal)
            .Select(member => KeyValuePair.Create(member.Key, Sorted(member.Value)))),
        JsonArray list => new JsonArray([.. list.Select(Sorted)]),
        _ => node?.DeepClone(),
    };
}
