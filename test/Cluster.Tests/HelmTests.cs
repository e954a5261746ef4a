namespace Depmap.Cluster.Tests;

/// <summary>Helm installs, upgrades and removes Depmap on a real cluster.</summary>
[Collection(nameof(Kubernetes))]
public sealed class HelmTests(Kubernetes cluster) : IClassFixture<PackedChart>, IAsyncLifetime
{
    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => cluster.RunAsync("! helm status eyes >/dev/null 2>&1 || helm uninstall eyes --wait");

    [Fact]
    public async Task An_upgrade_keeps_the_certificates_and_an_uninstall_leaves_nothing()
    {
        string before = await cluster.RunAsync(Kubernetes.Everything);
        string notes = await cluster.RunAsync($"helm install eyes {PackedChart.Folder} --wait --timeout 60s");
        Assert.Contains("Depmap 0.1.0 is starting in the namespaces depmap and depmap-agents.", notes, StringComparison.Ordinal);
        Assert.EndsWith("healthy\n", await StatusAsync(), StringComparison.Ordinal);
        Assert.Equal(
            "error: Depmap was installed by Helm. Try: helm upgrade, or first: helm uninstall eyes --namespace default\n",
            await cluster.RunAsync("! kubectl depmap install 2>&1"));
        Assert.Equal(
            "error: Depmap was installed by Helm. Try: helm uninstall eyes --namespace default\n",
            await cluster.RunAsync("! kubectl depmap uninstall 2>&1"));

        string keys = await KeysAsync();
        await cluster.RunAsync($"helm upgrade eyes {PackedChart.Folder} --set agent.logLevel=debug --wait --timeout 60s");
        Assert.Equal(keys, await KeysAsync());
        string log = await cluster.RunAsync("kubectl -n depmap-agents logs daemonset/depmap-agent");
        Assert.Contains(" debug ", log, StringComparison.Ordinal);
        Assert.EndsWith("healthy\n", await StatusAsync(), StringComparison.Ordinal);

        await cluster.RunAsync("""
            helm uninstall eyes --wait --timeout 60s
            kubectl wait --for=delete namespace/depmap namespace/depmap-agents --timeout=60s
            """);
        Assert.Equal(before, await cluster.RunAsync(Kubernetes.Everything));
    }

    private Task<string> KeysAsync() => cluster.RunAsync(
        "kubectl get secret -A -l app.kubernetes.io/name=depmap -o jsonpath='{range .items[*]}{.data}{end}'");

    // Agents connect within a second or two of the relay's start.
    private Task<string> StatusAsync() => cluster.RunAsync(
        "for i in $(seq 20); do kubectl depmap status >/dev/null 2>&1 && break; sleep 1; done; kubectl depmap status 2>&1 && echo healthy");
}
