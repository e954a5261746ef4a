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
}
