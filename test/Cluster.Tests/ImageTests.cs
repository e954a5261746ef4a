using Depmap.Tests;

namespace Depmap.Cluster.Tests;

/// <summary>The images on real nodes: alone in their root, with the least privilege, with certificates.</summary>
[Collection(nameof(Kubernetes))]
public sealed class ImageTests(Kubernetes cluster) : IDisposable
{
    private readonly TestAuthority authority = new();

    public void Dispose() => authority.Dispose();

    [Fact]
    public async Task Agents_and_relay_run_with_the_least_privilege_and_tell_each_connection_once()
    {
        string relay = authority.Folder(TestAuthority.Use.Server, "relay.images.svc.cluster.local");
        string agent = authority.Folder(TestAuthority.Use.Client, "agent");
        await cluster.RunAsync($$"""
            version=$({{Installation.Relay}} --version)
            kubectl create namespace images; kubectl create namespace images-agents
            secret() { kubectl -n $1 create secret generic $2 --from-file=$3; }
            secret images relay-tls {{relay}}
            secret images-agents agent-tls {{agent}}
            sed "s/VERSION/${version%%+*}/" {{AppContext.BaseDirectory}}/images.yaml | kubectl apply -f -
            kubectl -n images wait --for=condition=Ready pod/relay --timeout=60s
            kubectl -n images-agents rollout status daemonset/agent --timeout=60s
            """);
        // A pod on each node, and one connection from each to the other's.
        await cluster.RunAsync("""
            for n in n1 n2; do
              kubectl run web-$n --image localhost/tools:1 --image-pull-policy=Never --port 80 --expose \
                --overrides '{"spec": {"nodeName": "'$n'", "terminationGracePeriodSeconds": 0}}' --command -- httpd -f -p 80
            done
            kubectl wait --for=condition=Ready pod/web-n1 pod/web-n2 --timeout=60s
            # kube-proxy follows the endpoints within moments.
            for pair in n1:n2 n2:n1; do
              kubectl exec web-${pair%:*} -- curl -s --retry 5 --retry-connrefused --max-time 20 -o /dev/null http://web-${pair#*:}/
            done
            """);

        string[] addresses = (await cluster.RunAsync("""
            for n in n1 n2; do
              kubectl get pod web-$n -o jsonpath='{.status.podIP} '; kubectl get service web-$n -o jsonpath='{.spec.clusterIP} '
            done
            """)).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        List<FlowLine> flows = FlowLine.ReadAll(await cluster.RunAsync("""
            # Both sightings of a flow are with the relay a second after it at the latest.
            sleep 3
            kubectl -n images port-forward pod/relay :9470 >/tmp/depmap-forward.$$ &
            trap "kill $!; rm /tmp/depmap-forward.$$" EXIT
            until port=$(grep -om1 '127.0.0.1:[0-9]*' /tmp/depmap-forward.$$); do sleep 0.1; done
            kubectl depmap observe --server $port --protocol TCP --port 80 --verdict FORWARDED
            """));

        // Names come from the API, which this relay was not given: whose sighting is shown is not known yet.
        Assert.Equal([addresses[0], addresses[2]], flows.Select(f => f.Source.Ip!).Order(StringComparer.Ordinal));
        Assert.All(flows, f => Assert.Contains(f.Destination.Ip!, addresses));
        Assert.Equal("", await cluster.RunAsync("kubectl -n images-agents logs -l app=agent | grep -E 'error|crit|TLS' || true"));
    }
}
