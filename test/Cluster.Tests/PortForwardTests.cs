using System.Text.RegularExpressions;

namespace Depmap.Cluster.Tests;

/// <summary>The ways to the relay with the rights and proxies that users have.</summary>
[Collection(nameof(Kubernetes))]
public sealed partial class PortForwardTests(Kubernetes cluster) : IClassFixture<PortForwardTests.Installed>
{
    private const string Opened = "GET portforward 101", Refused = "GET portforward 403", OpenedBySpdy = "POST portforward 101";

    /// <summary>Depmap is installed, and there are users who may list pods and use these verbs on pods/portforward.</summary>
    public sealed class Installed(Kubernetes cluster) : IAsyncLifetime
    {
        public async Task InitializeAsync()
        {
            await cluster.RunAsync("""
                kubectl create namespace readers
                kubectl create clusterrole test-list --verb=list --resource=pods
                for user in creator:create getter:get both:get,create neither:list; do
                  name=${user%%:*}
                  kubectl -n readers create serviceaccount $name
                  kubectl create clusterrole test-$name --verb=${user##*:} --resource=pods/portforward
                  for role in list $name; do
                    kubectl create clusterrolebinding test-$role-$name --clusterrole=test-$role --serviceaccount=readers:$name
                  done
                done
                kubectl depmap install
                """);
        }

        public async Task DisposeAsync() => await cluster.RunAsync("""
            kubectl depmap uninstall
            kubectl delete namespace readers --timeout=60s
            kubectl get clusterrole,clusterrolebinding -o name | grep /test- | xargs kubectl delete
            """);
    }

    [Theory]
    [InlineData("creator", Refused, OpenedBySpdy)]
    [InlineData("getter", Opened)]
    [InlineData("both", Opened)]
    public async Task A_user_with_get_or_create_reaches_the_relay(string user, params string[] requests)
    {
        string log = await cluster.RunAsync($"kubectl depmap map -A -v 6 --as=system:serviceaccount:readers:{user} 2>&1");
        Assert.Equal(requests, Forwards(log));
        Assert.DoesNotContain("error:", log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_user_with_neither_is_told_the_role_to_ask_for()
    {
        string log = await cluster.RunAsync("kubectl depmap map -v 6 --as=system:serviceaccount:readers:neither 2>&1 || echo exit $?");
        Assert.Equal([Refused, "POST portforward 403"], Forwards(log));
        Assert.Contains("error: you are not allowed to port-forward to the relay in namespace depmap. ", log, StringComparison.Ordinal);
        Assert.Contains("verbs: [get, create]", log, StringComparison.Ordinal);
        Assert.EndsWith("exit 1\n", log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Flows_are_followed_over_SPDY()
    {
        // The relay's own probes and the agents' connections are flows, too.
        string flows = await cluster.RunAsync("""
            timeout --preserve-status -s INT 10 \
              kubectl depmap observe -f --include-probes --include-depmap -o json --as=system:serviceaccount:readers:creator
            """);
        Assert.NotEmpty(FlowLine.ReadAll(flows));
    }

    [Fact]
    public async Task Names_in_the_cluster_complete_a_word()
    {
        foreach ((string typed, string completed) in ((string, string)[])
            [("observe -n kube-", "kube-system"), ("why -n kube-system svc/kube", "svc/kube-dns")])
        {
            string words = "";
            // The program waits 0.3 s for the relay, which is short on a machine that is busy with other tests.
            await Wait.TryUntilAsync(async () =>
            {
                words = await cluster.RunAsync($"kubectl-depmap __complete {typed} 2>&1");
                return words.StartsWith(completed, StringComparison.Ordinal);
            });
            Assert.Equal($"{completed}\n:4\n", words);
        }
    }

    [Fact]
    public async Task A_proxy_that_strips_the_upgrade_to_a_WebSocket_is_passed()
    {
        string log = await ThroughProxyAsync("websocket", "kubectl depmap map -A -v 6 2>&1");
        Assert.Equal(["GET portforward 400", OpenedBySpdy], Forwards(log));
        Assert.DoesNotContain("error:", log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_proxy_that_strips_each_upgrade_is_named()
    {
        string log = await ThroughProxyAsync("", "kubectl depmap map 2>&1 || echo exit $?");
        Assert.Matches(
            "^error: cannot reach the relay in pod depmap/[a-z0-9-]+: http://127.0.0.1:[0-9]+ answered HTTP 400 instead of opening a "
            + "WebSocket, and HTTP 400 instead of SPDY/3.1. Does a proxy remove the Upgrade header\\?\nexit 1\n$",
            log);
    }

    /// <summary>Runs a command with a kubeconfig whose server is the proxy, in front of kubectl's.</summary>
    private async Task<string> ThroughProxyAsync(string removed, string command)
    {
        int port = UpgradeProxy.FreePort();
        using var proxy = new UpgradeProxy(port, removed);
        return await cluster.RunAsync($$"""
            work=$(mktemp -d)
            kubectl proxy --port={{port}} >$work/log &
            trap "kill $!; rm -rf $work" EXIT
            until grep -q Starting $work/log; do sleep 0.1; done
            export KUBECONFIG=$work/config
            kubectl config set-cluster proxied --server=http://127.0.0.1:{{proxy.Port}} >/dev/null
            kubectl config set-context proxied --cluster=proxied >/dev/null
            kubectl config use-context proxied >/dev/null
            {{command}}
            """);
    }

    /// <summary>The requests for a port-forward in the log: method and status.</summary>
    private static IEnumerable<string> Forwards(string log) =>
        Forward().Matches(log).Select(line => $"{line.Groups[1].Value} portforward {line.Groups[2].Value}");

    [GeneratedRegex("^([A-Z]+) \\S+/portforward\\S* ([0-9]+) ", RegexOptions.Multiline)]
    private static partial Regex Forward();
}
