namespace Depmap.Cluster.Tests;

/// <summary>Names and reasons of calls to services, with the modes of kube-proxy.</summary>
[Collection(nameof(Kubernetes))]
public sealed class ServiceProxyTests(Kubernetes cluster) : IAsyncLifetime
{
    // The mode of the other tests.
    private const string DefaultMode = "nftables";

    private readonly Shop _shop = new(cluster);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await cluster.RunAsync("kubectl depmap uninstall; kubectl delete namespace town --timeout=60s");
        await _shop.DeleteAsync();
        await cluster.RunAsync("ip -n dmk-n1 addr del 192.168.99.1/32 dev lo; ip -n dmk-n2 route del 192.168.99.1");
        await StartProxiesAsync(DefaultMode);
    }

    [Theory]
    [InlineData(DefaultMode)]
    [InlineData("iptables")]
    public async Task Edges_and_reasons_are_the_same_with_each_mode_of_kube_proxy(string mode)
    {
        string node = (await cluster.RunAsync(
            "kubectl get node n1 -o jsonpath='{.status.addresses[?(@.type==\"InternalIP\")].address}'")).Trim();
        await StartProxiesAsync(mode);
        await cluster.RunAsync($$"""
            sed 's/NODE-1/{{node}}/' {{AppContext.BaseDirectory}}/town.yaml | kubectl apply -f - >/dev/null
            for d in near far web; do kubectl -n town rollout status deployment/$d --timeout=60s >/dev/null; done
            # The services are new: kube-proxy has started once they answer.
            for client in near far; do
              until kubectl -n town exec deployment/$client -- curl -s --max-time 1 -o /dev/null http://edge; do sleep 0.5; done
            done
            """);
        // An address of n1 that no object lists, as nodes of an overlay have.
        await cluster.RunAsync($"""
            ip -n dmk-n1 addr add 192.168.99.1/32 dev lo
            ip -n dmk-n2 route add 192.168.99.1 via {node}
            """);
        await _shop.CreateAsync();
        await cluster.RunAsync("kubectl depmap install");
        await _shop.AssertFlowsAndEdgesAsync(earlier: 0);

        await cluster.RunAsync($$"""
            address() { kubectl -n town get service $1 -o jsonpath='{.spec.clusterIP}'; }
            call() { kubectl -n town exec deployment/$1 -- nc -w 2 $2 $3 </dev/null >/dev/null 2>&1 || true; }
            call far {{node}} 80
            call far {{node}} 31081
            call far {{node}} 10250
            call near $(address local) 80
            call far $(address local) 80
            call near $(address empty) 80
            call near $(address edge) 82
            pod=$(kubectl -n town get pod -l app=web -o jsonpath='{.items[0].status.podIP}')
            nsenter --net=/run/netns/dmk-n1 curl -s --max-time 5 --interface 192.168.99.1 -o /dev/null http://$pod:8080/
            """);
        string[] expected =
        [
            "far -> edge:80 FORWARDED",
            "far -> local:80 FORWARDED",
            "far -> n1:10250 FORWARDED",
            "far -> other:31081 FORWARDED",
            "n1 -> web:8080 FORWARDED",
            "near -> edge:82 DROPPED NO_ENDPOINTS",
            "near -> empty:80 DROPPED NO_ENDPOINTS",
            "near -> local:80 DROPPED NO_ENDPOINTS",
        ];
        string[] shown = [];
        await Wait.TryUntilAsync(async () =>
        {
            List<FlowLine> flows = FlowLine.ReadAll(await cluster.RunAsync("kubectl depmap observe -o json -n town"));
            shown = [.. flows.Where(flow => flow.Protocol == "TCP").Select(Describe).Order(StringComparer.Ordinal)];
            return shown.Length >= expected.Length;
        });
        Assert.Equal(expected, shown);
    }

    private Task StartProxiesAsync(string mode) => cluster.RunAsync($$"""
        for n in n1 n2; do
          proxy=$(cat $(dirname $KUBECONFIG)/run/$n-kube-proxy.pid)
          kill $proxy
          while kill -0 $proxy 2>/dev/null; do sleep 0.1; done
        done
        {{Kubernetes.Up}} --proxy-mode {{mode}} >/dev/null 2>&1
        """);

    private static string Describe(FlowLine flow)
    {
        string client = flow.Source.Workload?.Split('/')[1] ?? flow.Source.Node ?? flow.Source.Ip ?? "?";
        string server = flow.Destination.Service ?? flow.Destination.Workload?.Split('/')[1] ?? flow.Destination.Node
            ?? flow.Destination.Ip ?? "?";
        return $"{client} -> {server}:{flow.Destination.Port} {flow.Verdict} {flow.DropReason}".TrimEnd();
    }
}
