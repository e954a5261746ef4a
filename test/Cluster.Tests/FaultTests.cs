using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Depmap.Cluster.Tests;

/// <summary>Faults in a real cluster: the output, the exit code and what remains.</summary>
[Collection(nameof(Kubernetes))]
public sealed class FaultTests(Kubernetes cluster) : IAsyncLifetime
{
    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await cluster.RunAsync("kubectl depmap uninstall 2>&1");

    [Fact]
    public async Task A_missing_image_is_named_and_the_next_install_succeeds()
    {
        string failed = await cluster.RunAsync(
            "kubectl depmap install --image agent=localhost/nothing:1 --timeout 15s 2>&1 || echo exit $?");
        Assert.Contains("localhost/nothing:1", failed, StringComparison.Ordinal);
        Assert.EndsWith("exit 1\n", failed, StringComparison.Ordinal);

        string status = await cluster.RunAsync("kubectl depmap status 2>&1 || echo exit $?");
        Assert.Contains("localhost/nothing:1", status, StringComparison.Ordinal);
        Assert.EndsWith("exit 1\n", status, StringComparison.Ordinal);

        string repaired = await cluster.RunAsync("kubectl depmap install 2>&1");
        Assert.Contains("daemonset/depmap-agent configured\n", repaired, StringComparison.Ordinal);
        Assert.EndsWith("Depmap 0.1.0 is installed.\n", repaired, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Install_and_status_print_why_an_agent_crashes()
    {
        // The relay, run as the agent, does not know the options of the agent.
        const string reason = "error: unknown flag --relay, see depmap-relay --help";
        string failed = await cluster.RunAsync(
            "kubectl depmap install --image agent=localhost/depmap-relay:0.1.0 --timeout 15s 2>&1 || echo exit $?");
        Assert.Contains($": exited with code 1: {reason}\n", failed, StringComparison.Ordinal);
        Assert.EndsWith($": exited with code 1: {reason}. Try: kubectl depmap status\nexit 1\n", failed, StringComparison.Ordinal);

        string status = await cluster.RunAsync("kubectl depmap status 2>&1 || echo exit $?");
        Assert.EndsWith(
            $"error: the agent on n2 is not ready: exited with code 1: {reason}\nexit 1\n", status, StringComparison.Ordinal);
    }

    [Theory]
    // A new relay does not have the flows of the previous one; the agents still have what it had not acknowledged.
    [InlineData("the relay's pod", "which has restarted: flows that only the previous relay had are missing")]
    // The relay goes on, but cannot be reached.
    [InlineData("the API server", "continuing after the last flow")]
    public async Task A_watch_continues_without_loss_or_duplicates_after_an_outage(string outage, string message)
    {
        string kill = outage == "the API server"
            ? "p=$(cat $(dirname $KUBECONFIG)/run/kube-apiserver.pid); kill -9 $p; while kill -0 $p 2>/dev/null; do sleep 0.1; done"
            : "kubectl -n depmap delete pod -l app.kubernetes.io/component=relay --wait=false";
        // Calls from the network namespace of the pod, as kubectl exec does not work without the API server.
        string seen = await cluster.RunAsync($$"""
            kubectl depmap install >/dev/null 2>&1
            kubectl run caller --image=localhost/tools:1 --image-pull-policy=Never --restart=Never --command -- sleep 1000007 >/dev/null
            kubectl wait --for=condition=Ready pod/caller --timeout=60s >/dev/null
            call() {
              for i in 1 2 3; do
                nsenter --net=/proc/$(pgrep -xf 'sleep 1000007')/ns/net busybox nc -w 1 10.96.0.10 53 </dev/null
              done
            }
            work=$(mktemp -d); trap 'rm -rf $work' EXIT
            # lines COUNT PATTERN: waits until the output has so many lines of a pattern; the test compares the output itself.
            lines() { for i in $(seq 150); do [ $(grep -c "$2" $work/seen) -lt $1 ] || return 0; sleep 0.2; done; }
            kubectl depmap observe -f -o json --namespace default --pod caller --port 53 >$work/seen 2>&1 & watch=$!
            sleep 2; call; lines 3 '^{'
            {{kill}} >/dev/null
            sleep 1; call
            {{Kubernetes.Scripts}}/up --nodes 2 --policies >/dev/null 2>&1
            lines 1 '^connected to the relay'; call; lines 9 '^{'
            sleep 5 # a duplicate would come now
            kill $watch; wait $watch || true
            cat $work/seen
            kubectl delete pod caller --grace-period=0 --force >/dev/null 2>&1
            """);
        string[] lines = seen.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        FlowLine[] flows = [.. lines.Where(line => line.StartsWith('{')).Select(FlowLine.Read)];
        string goingOn = Assert.Single(lines, line => line.StartsWith("connected to the relay", StringComparison.Ordinal));
        Assert.EndsWith(message, goingOn, StringComparison.Ordinal);
        // Each call has its own source port.
        Assert.Equal((9, 9), (flows.Length, flows.Select(flow => flow.Source.Port).Distinct().Count()));
    }

    [Fact]
    public async Task Install_reports_at_once_what_a_policy_denies_and_succeeds_without_the_policy()
    {
        string refused = await cluster.RunAsync("""
            kubectl apply -f - >/dev/null <<'END'
            apiVersion: admissionregistration.k8s.io/v1
            kind: ValidatingAdmissionPolicy
            metadata: {name: no-host-network}
            spec:
              matchConstraints:
                resourceRules: [{apiGroups: [""], apiVersions: [v1], resources: [pods], operations: [CREATE]}]
              validations: [{expression: "!object.spec.?hostNetwork.orValue(false)", message: host networks are not allowed}]
            ---
            apiVersion: admissionregistration.k8s.io/v1
            kind: ValidatingAdmissionPolicyBinding
            metadata: {name: no-host-network}
            spec: {policyName: no-host-network, validationActions: [Deny]}
            END
            pod='{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"},
              "spec": {"hostNetwork": true, "containers": [{"name": "c", "image": "i"}]}}'
            while echo "$pod" | kubectl create --dry-run=server -f - >/dev/null 2>&1; do sleep 0.2; done
            kubectl depmap install 2>&1 || echo exit $?
            kubectl delete validatingadmissionpolicy,validatingadmissionpolicybinding no-host-network >/dev/null
            while ! echo "$pod" | kubectl create --dry-run=server -f - >/dev/null 2>&1; do sleep 0.2; done
            """);
        string[] lines = refused.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.StartsWith("error: the pods of daemonset/depmap-agent would be refused: ", lines[^2], StringComparison.Ordinal);
        Assert.Contains(
            "denied request: host networks are not allowed. Exempt namespace depmap-agents from that policy",
            lines[^2],
            StringComparison.Ordinal);
        Assert.Equal("exit 1", lines[^1]);
        Assert.EndsWith("Depmap 0.1.0 is installed.\n", await cluster.RunAsync("kubectl depmap install 2>&1"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_trial_removes_itself_after_its_plugin_was_killed()
    {
        string before = await cluster.RunAsync(Kubernetes.Everything);
        // Runs the plugin without kubectl, so that the plugin itself is killed.
        string shown = await cluster.RunAsync("""
            work=$(mktemp -d); trap 'rm -rf $work' EXIT
            kubectl-depmap try --for 30s >$work/output 2>&1 & plugin=$!
            until grep -q 'relay on n.: ready\|FORWARDED' $work/output &&
                kubectl -n depmap rollout status deployment/depmap-relay --timeout=1s >/dev/null 2>&1; do
              kill -0 $plugin; sleep 0.5
            done
            kill -9 $plugin
            wait $plugin || echo exit $?
            kubectl get namespace -o name -l app.kubernetes.io/name=depmap
            """);
        Assert.Equal("exit 137\nnamespace/depmap\nnamespace/depmap-agents\n", shown);
        await cluster.RunAsync("""
            for i in $(seq 120); do
              [ -n "$(kubectl get namespace,clusterrole,clusterrolebinding -o name -l app.kubernetes.io/name=depmap)" ] || break
              sleep 1
            done
            """);
        Assert.Equal(before, await cluster.RunAsync(Kubernetes.Everything));
    }

    [Fact]
    public async Task Status_reports_expired_certificates_and_install_renews_them()
    {
        await cluster.RunAsync("kubectl depmap install 2>&1");
        string[] authority = await SecretAsync("depmap", "depmap-authority");
        foreach ((string ns, string secret) in ((string, string)[])[("depmap", "depmap-relay-tls"), ("depmap-agents", "depmap-agent-tls")])
        {
            string expired = Expired(authority, await SecretAsync(ns, secret));
            await cluster.RunAsync($"kubectl -n {ns} patch secret {secret} -p '{{\"data\":{{\"tls.crt\":\"{expired}\"}}}}'");
        }

        // The kubelet mounts the changed Secrets into new pods at once.
        string status = await cluster.RunAsync("""
            kubectl -n depmap delete pod --all --wait=false >/dev/null
            kubectl -n depmap-agents delete pod --all >/dev/null
            sleep 5
            kubectl depmap status 2>&1 || echo exit $?
            """);
        string today = DateTimeOffset.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        Assert.Contains(
            $"error: the certificates expired on {today}, so agents cannot connect to the relay. Try: kubectl depmap install\n",
            status,
            StringComparison.Ordinal);
        Assert.EndsWith("exit 1\n", status, StringComparison.Ordinal);

        string renewed = await cluster.RunAsync("kubectl depmap install 2>&1");
        Assert.Contains("secret/depmap-authority unchanged\n", renewed, StringComparison.Ordinal);
        Assert.Contains("secret/depmap-agent-tls configured\n", renewed, StringComparison.Ordinal);
        Assert.EndsWith("Depmap 0.1.0 is installed.\n", renewed, StringComparison.Ordinal);
        // The kubelet updates mounted Secrets about once a minute, and at once when an annotation of the pod changes.
        await cluster.RunAsync("""
            kubectl -n depmap annotate pod --all test/refresh=1 >/dev/null
            kubectl -n depmap-agents annotate pod --all test/refresh=1 >/dev/null
            for i in $(seq 120); do kubectl depmap status >/dev/null 2>&1 && exit; sleep 1; done
            kubectl depmap status
            """);
    }

    [Fact]
    public async Task A_rebooted_node_is_observed_again()
    {
        // Like a node that loses power: its processes, its network and its temporary files are gone, its disk is not.
        // Ready becomes Unknown once the node's lease is 50 s old.
        string seen = await cluster.RunAsync($$$"""
            kubectl depmap install >/dev/null 2>&1
            state=$(dirname $KUBECONFIG)
            for p in kubelet kube-proxy kube-router containerd; do kill -9 $(cat $state/run/n2-$p.pid); done
            for p in $(pgrep -f "containerd-shim.*$state/n2/containerd.sock"); do kill -9 $p; done
            for i in 1 2 3; do
              find /sys/fs/cgroup -path '*/dmk-n2*' -name cgroup.procs -exec cat {} + 2>/dev/null | sort -u |
                xargs -r kill -9 2>/dev/null || true
              sleep 0.5
            done
            awk -v d="$state/n2/" 'index($2, d) == 1 {print $2}' /proc/mounts | sort -r | xargs -r umount -l
            rm -rf $state/n2/containerd-run
            ip netns del dmk-n2
            kubectl wait --for=condition=Ready=Unknown node/n2 --timeout=90s >/dev/null
            kubectl depmap status 2>&1 || echo exit $?
            {{{Kubernetes.Scripts}}}/up --nodes 2 --policies >/dev/null 2>&1
            for i in $(seq 90); do kubectl depmap status >/dev/null 2>&1 && break; sleep 1; done
            kubectl depmap status 2>&1 || echo exit $?
            kubectl run caller --image=localhost/tools:1 --image-pull-policy=Never --restart=Never \
              --overrides='{"spec":{"nodeName":"n2"}}' --command -- sleep 3600 >/dev/null
            kubectl wait --for=condition=Ready pod/caller --timeout=60s >/dev/null
            sleep 1
            kubectl exec caller -- sh -c 'for i in 1 2 3; do nc -w 1 10.96.0.10 53 </dev/null; done'
            for i in $(seq 50); do
              [ $(kubectl depmap observe --pod default/caller --port 53 | wc -l) -lt 3 ] || break; sleep 0.2
            done
            kubectl depmap observe --pod default/caller --port 53 2>&1
            kubectl delete pod caller --grace-period=0 --force >/dev/null 2>&1
            """);
        string[] lines = seen.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        int down = Array.IndexOf(lines, "exit 1");
        Assert.Contains("error: the agent on n2 is not ready: its node is not ready", lines[..down]);
        string[] up = [.. lines[(down + 1)..].Where(line => !line.StartsWith('{'))];
        Assert.DoesNotContain("exit 1", up);
        Assert.Matches("^agent +n2 +yes .* tcx ", up.Single(line => line.StartsWith("agent       n2", StringComparison.Ordinal)));
        FlowLine[] flows = [.. lines.Where(line => line.StartsWith('{')).Select(FlowLine.Read)];
        Assert.Equal(
            Enumerable.Repeat("caller -> kube-dns on n2", 3),
            flows.Select(flow => $"{flow.Source.Pod} -> {flow.Destination.Service} on {flow.Node}"));
    }

    /// <returns>The certificate and the key of a Secret, as PEM.</returns>
    private async Task<string[]> SecretAsync(string ns, string name)
    {
        string data = await cluster.RunAsync(
            $"kubectl -n {ns} get secret {name} -o 'jsonpath={{.data.tls\\.crt}} {{.data.tls\\.key}}'");
        return [.. data.Split(' ').Select(text => Encoding.ASCII.GetString(Convert.FromBase64String(text)))];
    }

    /// <returns>The same certificate, but expired a minute ago: its PEM, in base64.</returns>
    private static string Expired(string[] authority, string[] own)
    {
        using X509Certificate2 issuer = X509Certificate2.CreateFromPem(authority[0], authority[1]);
        using X509Certificate2 current = X509Certificate2.CreateFromPem(own[0], own[1]);
        var request = new CertificateRequest(current.SubjectName, current.GetECDsaPrivateKey()!, HashAlgorithmName.SHA256);
        foreach (X509Extension extension in current.Extensions)
            request.CertificateExtensions.Add(extension);
        using X509Certificate2 expired = request.Create(
            issuer, issuer.NotBefore, DateTimeOffset.UtcNow.AddMinutes(-1), current.GetSerialNumber());
        return Convert.ToBase64String(Encoding.ASCII.GetBytes(expired.ExportCertificatePem() + "\n"));
    }
}
