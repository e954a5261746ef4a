namespace Depmap.Cluster.Tests;

/// <summary>What goes wrong in a real cluster: what is printed, the exit code, and what is left.</summary>
[Collection(nameof(Kubernetes))]
public sealed class FaultTests(Kubernetes cluster) : IAsyncLifetime
{
    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await cluster.RunAsync("kubectl depmap uninstall 2>&1");

    [Fact]
    public async Task A_missing_image_is_named_and_the_next_install_goes_on()
    {
        string failed = await cluster.RunAsync(
            "kubectl depmap install --image agent=localhost/nothing:1 --timeout 15s 2>&1 || echo exit $?");
        Assert.Contains("localhost/nothing:1", failed, StringComparison.Ordinal);
        Assert.EndsWith("exit 1\n", failed, StringComparison.Ordinal);

        string wrong = await cluster.RunAsync("kubectl depmap status 2>&1 || echo exit $?");
        Assert.Contains("localhost/nothing:1", wrong, StringComparison.Ordinal);
        Assert.EndsWith("exit 1\n", wrong, StringComparison.Ordinal);

        string mended = await cluster.RunAsync("kubectl depmap install 2>&1");
        Assert.Contains("daemonset/depmap-agent configured\n", mended, StringComparison.Ordinal);
        Assert.EndsWith("Depmap 0.1.0 is installed.\n", mended, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_agent_that_crashes_says_why_in_install_and_status()
    {
        // It does not know the options of the agent.
        const string reason = "error: there is no option --relay; see --help";
        string failed = await cluster.RunAsync(
            "kubectl depmap install --image agent=localhost/depmap-relay:0.1.0 --timeout 15s 2>&1 || echo exit $?");
        Assert.Contains($": ended with exit code 1: {reason}\n", failed, StringComparison.Ordinal);
        Assert.EndsWith($": ended with exit code 1: {reason}. Try: kubectl depmap status\nexit 1\n", failed, StringComparison.Ordinal);

        string wrong = await cluster.RunAsync("kubectl depmap status 2>&1 || echo exit $?");
        Assert.EndsWith($"error: the agent on n2 is not ready: ended with exit code 1: {reason}\nexit 1\n", wrong, StringComparison.Ordinal);
    }

    [Theory]
    // The relay's memory goes with it; the agents keep what it had not taken.
    [InlineData("the relay's pod", "which has started anew: what only the one before knew is missing")]
    // Only the way to it breaks.
    [InlineData("the API server", "after the last flow seen")]
    public async Task A_watch_goes_on_without_loss_or_doubles_when_its_other_end_is_lost(string lost, string said)
    {
        string kill = lost == "the API server"
            ? "p=$(cat $(dirname $KUBECONFIG)/run/kube-apiserver.pid); kill -9 $p; while kill -0 $p 2>/dev/null; do sleep 0.1; done"
            : "kubectl -n depmap delete pod -l app.kubernetes.io/component=relay --wait=false";
        // Called from the pod's network namespace, for `kubectl exec` is down with the API server.
        string seen = await cluster.RunAsync($$"""
            kubectl depmap install >/dev/null 2>&1
            kubectl run caller --image=localhost/tools:1 --image-pull-policy=Never --restart=Never --command -- sleep 1000007 >/dev/null
            kubectl wait --for=condition=Ready pod/caller --timeout=60s >/dev/null
            call() { for i in 1 2 3; do nsenter --net=/proc/$(pgrep -xf 'sleep 1000007')/ns/net busybox nc -w 1 10.96.0.10 53 </dev/null; done; }
            timeout --foreground 40 kubectl depmap observe -f -o json --namespace default --pod caller --port 53 2>&1 & watch=$!
            sleep 2; call; sleep 3
            {{kill}} >/dev/null
            sleep 1; call
            {{Kubernetes.Scripts}}/up --nodes 2 --policies >/dev/null 2>&1
            sleep 10; call
            wait $watch || true
            kubectl delete pod caller --grace-period=0 --force >/dev/null 2>&1
            """);
        string[] lines = seen.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        FlowLine[] flows = [.. lines.Where(line => line.StartsWith('{')).Select(FlowLine.Read)];
        Assert.EndsWith(said, Assert.Single(lines, line => line.StartsWith("going on", StringComparison.Ordinal)), StringComparison.Ordinal);
        // Each call has a source port of its own.
        Assert.Equal((9, 9), (flows.Length, flows.Select(flow => flow.Source.Port).Distinct().Count()));
    }
}
