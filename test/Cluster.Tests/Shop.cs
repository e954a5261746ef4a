using System.Globalization;

namespace Depmap.Cluster.Tests;

/// <summary>The shop of shop.yaml on both nodes: its calls, and the flows and edges that they are.</summary>
internal sealed class Shop(Kubernetes cluster)
{
    /// <summary>Waits for its pods, and starts a server outside the cluster for api.example.com.</summary>
    public Task CreateAsync() => cluster.RunAsync($$"""
        kubectl apply -f {{AppContext.BaseDirectory}}/shop.yaml
        for d in deployment/web deployment/ingress deployment/cart statefulset/redis deployment/payments; do
          kubectl -n shop rollout status $d --timeout=60s
        done
        nsenter --net=/run/netns/dmk-out busybox httpd -p 198.51.100.10:80
        """);

    public Task DeleteAsync() => cluster.RunAsync(
        "kubectl delete namespace shop --timeout=60s; pkill -f '^busybox httpd -p 198.51.100.10:80'");

    /// <summary>Each kind of call three times.</summary>
    /// <param name="earlier">Number of earlier calls from web to cart.</param>
    public async Task AssertFlowsAndEdgesAsync(int earlier)
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
            flows = await FlowsAsync();
            return flows.Count(flow => flow.Protocol == "TCP") >= 21 + earlier;
        });
        string[] shown = [.. flows.Select(flow => $"{flow} on {flow.Node}").Distinct().Order(StringComparer.Ordinal)];
        Assert.True(expected.SequenceEqual(shown), string.Join('\n', shown));
        Assert.Equal(
            [3 + earlier, 3, 3, 3, 3, 3, 3],
            flows.Where(flow => flow.Protocol == "TCP").GroupBy(flow => flow.ToString()).Select(calls => calls.Count()).OrderDescending());

        string[] edges = [.. (await EdgesAsync()).Select(WithoutUdpCount).Order(StringComparer.Ordinal)];
        Assert.Equal(
            [
                "TCP Deployment/ingress -> service cart:80 3 forwarded, 0 dropped",
                "TCP Deployment/ingress -> service redis:6379 3 forwarded, 0 dropped",
                "TCP Deployment/web -> Deployment/cart:9999 0 forwarded, 3 dropped REFUSED:3",
                "TCP Deployment/web -> api.example.com:80 3 forwarded, 0 dropped",
                $"TCP Deployment/web -> service cart:80 {3 + earlier} forwarded, 0 dropped",
                "TCP Deployment/web -> service payments:80 0 forwarded, 3 dropped POLICY NETFILTER_DROP:3",
                "TCP Deployment/web -> service redis:6379 3 forwarded, 0 dropped",
                "UDP Deployment/web -> service kube-dns:53 some forwarded, 0 dropped",
            ],
            edges);
    }

    // The number of queries for a name depends on the resolver.
    private static string WithoutUdpCount(EdgeLine edge) => edge.Protocol == "UDP" && edge.Forwarded > 0
        ? edge.ToString().Replace(string.Create(CultureInfo.InvariantCulture, $" {edge.Forwarded} "), " some ", StringComparison.Ordinal)
        : edge.ToString();

    private async Task<List<FlowLine>> FlowsAsync() =>
        FlowLine.ReadAll(await cluster.RunAsync("kubectl depmap observe -o json -n shop"));

    private async Task<List<EdgeLine>> EdgesAsync() =>
        EdgeLine.ReadAll(await cluster.RunAsync("kubectl depmap map -o json -n shop"));
}
