using System.Globalization;
using System.Text.RegularExpressions;

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

    [Fact]
    public async Task An_upgrade_to_a_relay_that_crashes_leaves_the_old_one_serving()
    {
        await cluster.RunAsync("kubectl depmap install 2>&1");
        string pod = await cluster.RunAsync("kubectl -n depmap get pod -l app.kubernetes.io/component=relay -o name");
        // The agent, run as the relay, does not know the options of the relay.
        const string reason = "exited with code 1: error: unknown flag --intake, see depmap-agent --help";
        string failed = await cluster.RunAsync(
            "kubectl depmap install --image relay=localhost/depmap-agent:0.1.0 --timeout 10s 2>&1 || echo exit $?");
        Assert.EndsWith($": {reason}. Try: kubectl depmap status\nexit 1\n", failed, StringComparison.Ordinal);

        Assert.Contains(pod, await cluster.RunAsync(
            "kubectl -n depmap get pod -l app.kubernetes.io/component=relay --field-selector status.phase=Running -o name"));
        await cluster.RunAsync("kubectl depmap observe >/dev/null");
        string status = await cluster.RunAsync("kubectl depmap status 2>&1 || echo exit $?");
        Assert.EndsWith(
            $"error: the relay is not ready: {reason}; the previous relay still serves\nexit 1\n", status, StringComparison.Ordinal);
        Assert.DoesNotContain("does not report to the relay", status, StringComparison.Ordinal);

        Assert.EndsWith("Depmap 0.1.0 is installed.\n", await cluster.RunAsync("kubectl depmap install 2>&1"), StringComparison.Ordinal);
        // The pod that crashed may still be ending.
        Assert.Contains(pod, await cluster.RunAsync("kubectl -n depmap get pod -l app.kubernetes.io/component=relay -o name"));
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
            {{Kubernetes.Up}} >/dev/null 2>&1
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
    public async Task A_refusal_that_only_the_controller_gets_ends_the_wait_at_once()
    {
        string refused = await cluster.RunAsync("""
            kubectl apply -f - >/dev/null <<'END'
            apiVersion: admissionregistration.k8s.io/v1
            kind: ValidatingAdmissionPolicy
            metadata: {name: no-agents}
            spec:
              matchConstraints:
                resourceRules: [{apiGroups: [""], apiVersions: [v1], resources: [pods], operations: [CREATE]}]
              validations:
                - expression: "request.userInfo.username != 'system:serviceaccount:kube-system:daemon-set-controller'"
                  message: no daemons
            ---
            apiVersion: admissionregistration.k8s.io/v1
            kind: ValidatingAdmissionPolicyBinding
            metadata: {name: no-agents}
            spec: {policyName: no-agents, validationActions: [Deny]}
            END
            pod='{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i"}]}}'
            as='--as system:serviceaccount:kube-system:daemon-set-controller'
            while echo "$pod" | kubectl create $as --dry-run=server -f - 2>&1 | grep -qv 'no daemons'; do sleep 0.2; done
            SECONDS=0
            kubectl depmap install 2>&1 || echo exit $?
            echo $SECONDS
            kubectl delete validatingadmissionpolicy,validatingadmissionpolicybinding no-agents >/dev/null
            while echo "$pod" | kubectl create $as --dry-run=server -f - 2>&1 | grep -q 'no daemons'; do sleep 0.2; done
            """);
        string[] lines = refused.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.StartsWith("error: the pods of daemonset/depmap-agent are refused: ", lines[^3], StringComparison.Ordinal);
        Assert.EndsWith(
            "denied request: no daemons. Exempt namespace depmap-agents from that policy", lines[^3], StringComparison.Ordinal);
        Assert.Equal("exit 1", lines[^2]);
        Assert.InRange(int.Parse(lines[^1], CultureInfo.InvariantCulture), 0, 60);
        // The event of the refusal is still there.
        Assert.EndsWith(
            "Depmap 0.1.0 is already installed: nothing changed.\n",
            await cluster.RunAsync("kubectl depmap install 2>&1"),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_user_with_the_printed_rights_installs_and_uninstalls()
    {
        string lacking = await cluster.RunAsync("""
            kubectl depmap install --as ann 2>&1 || echo exit $?
            kubectl depmap install --as ann --print-rights -o yaml >/tmp/depmap-rights.yaml
            kubectl apply -f /tmp/depmap-rights.yaml >/dev/null
            """);
        Assert.Contains("error: you are not allowed to install Depmap\nThese rights are missing:\n", lacking, StringComparison.Ordinal);
        Assert.EndsWith("\nexit 1\n", lacking, StringComparison.Ordinal);
        Assert.InRange(lacking.Split('\n').Length, 4, 10);

        string installed = await cluster.RunAsync("kubectl depmap install --as ann 2>&1");
        Assert.EndsWith("Depmap 0.1.0 is installed.\n", installed, StringComparison.Ordinal);
        Assert.NotEmpty(await cluster.RunAsync("kubectl depmap status --as ann"));
        // The administrator created the namespaces, so they stay.
        Assert.EndsWith(
            "Depmap is uninstalled.\n", await cluster.RunAsync("kubectl depmap uninstall --as ann 2>&1"), StringComparison.Ordinal);
        await cluster.RunAsync("kubectl delete --wait -f /tmp/depmap-rights.yaml; rm /tmp/depmap-rights.yaml");
    }

    [Fact]
    public async Task A_virtual_node_gets_no_agent_and_is_named()
    {
        string[] steps = (await cluster.RunAsync("""
            kubectl apply -f - >/dev/null <<NODE
            {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "virtual-1", "labels": {
              "type": "virtual-kubelet",
              "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64", "kubernetes.io/hostname": "virtual-1"} } }
            NODE
            trap 'kubectl delete node virtual-1 >/dev/null' EXIT
            kubectl depmap install 2>&1
            echo next
            kubectl -n depmap-agents get pods -o jsonpath='{range .items[*]}{.spec.nodeName}{"\n"}{end}' | sort
            kubectl depmap uninstall >/dev/null 2>&1
            """)).Split("next\n");
        Assert.EndsWith(
            "Depmap 0.1.0 is installed.\n1 of 3 nodes is not observed: virtual-1 (virtual nodes do not run DaemonSets)\n", steps[0],
            StringComparison.Ordinal);
        Assert.Equal("n1\nn2\n", steps[1]);
    }

    [Fact]
    public async Task A_lost_node_does_not_stop_an_update_or_an_uninstall()
    {
        // A frozen kubelet and a dead agent, as the relay and the API server see a lost node: it is not ready after 50 s.
        string[] steps = (await cluster.RunAsync("""
            kubectl depmap install >/dev/null 2>&1
            kubelet=$(cat $(dirname $KUBECONFIG)/run/n2-kubelet.pid)
            # The only DNS server must not be on the node that is lost: agents look the relay's name up.
            kubectl -n kube-system patch deployment coredns -p '{"spec":{"template":{"spec":{"nodeName":"n1"}}}}' >/dev/null
            kubectl -n kube-system rollout status deployment/coredns --timeout=60s >/dev/null
            kubectl -n depmap patch deployment depmap-relay -p '{"spec":{"template":{"spec":{"nodeName":"n1"}}}}' >/dev/null
            kubectl -n depmap rollout status deployment/depmap-relay --timeout=60s >/dev/null
            # The previous relay's pod, if it was on n2, must have ended: a frozen kubelet would keep it as well.
            for i in $(seq 120); do [ $(kubectl -n depmap get pod -o name | wc -l) -gt 1 ] || break; sleep 0.5; done
            kill -STOP $kubelet; trap 'kill -CONT $kubelet' EXIT
            ip netns pids dmk-n2 | xargs ps -o pid=,comm= -p | awk '$2 == "depmap-agent" {print $1}' | xargs kill -9
            kubectl wait --for=condition=Ready=Unknown node/n2 --timeout=90s >/dev/null
            kubectl depmap install --set agent.logLevel=debug --timeout 60s 2>&1
            echo next
            kubectl depmap observe 2>&1 >/dev/null
            echo next
            SECONDS=0; kubectl depmap uninstall 2>&1; [ $SECONDS -lt 60 ]
            echo next
            kubectl get namespace -o name | grep depmap || true
            kill -CONT $kubelet
            kubectl wait --for=condition=Ready node/n2 --timeout=90s >/dev/null
            kubectl wait --for=delete namespace/depmap-agents --timeout=60s >/dev/null
            """)).Split("next\n");
        Assert.EndsWith(
            "Depmap 0.1.0 is installed.\n1 of 2 nodes is not observed: n2 (the node is not ready)\n", steps[0], StringComparison.Ordinal);
        Assert.StartsWith("1 of 2 nodes is not observed: n2 (the node is not ready)\n", steps[1], StringComparison.Ordinal);
        const string stuck = "\nPod depmap-agent-[a-z0-9]+ on node n2 cannot be deleted while the node is not ready. "
            + "Namespace depmap-agents stays Terminating until it is back, or deleted with kubectl delete node n2; "
            + "then Kubernetes deletes the rest.\nDepmap is uninstalled, except on n2.\n$";
        Assert.True(Regex.IsMatch(steps[2], stuck), steps[2]);
        Assert.Equal("namespace/depmap-agents\n", steps[3]);
    }

    [Fact]
    public async Task A_trial_ends_after_its_time_with_a_last_map()
    {
        string before = await cluster.RunAsync(Kubernetes.Everything);
        string shown = await cluster.RunAsync("kubectl depmap try map --for 12s 2>&1");
        Assert.EndsWith("\nRemoving Depmap.\n", shown, StringComparison.Ordinal);
        Assert.Contains("\nThe trial has ended after 12s.\n", shown, StringComparison.Ordinal);
        Assert.Equal(before, await cluster.RunAsync(Kubernetes.Everything));
    }

    [Fact]
    public async Task A_trial_removes_itself_after_its_plugin_was_killed()
    {
        string before = await cluster.RunAsync(Kubernetes.Everything);
        // Runs the plugin without kubectl, so that the plugin itself is killed. Its time counts from the first map.
        string shown = await cluster.RunAsync("""
            work=$(mktemp -d); trap 'rm -rf $work' EXIT
            kubectl-depmap try map --for 15s >$work/output 2>&1 & plugin=$!
            until grep -q '^CLIENT\|No edges' $work/output; do kill -0 $plugin; sleep 0.5; done
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
            {{{Kubernetes.Up}}} >/dev/null 2>&1
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
}
