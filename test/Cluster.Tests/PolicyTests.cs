using System.Text.Json;

namespace Depmap.Cluster.Tests;

/// <summary>What Depmap says about policies agrees with how they are enforced.</summary>
[Collection(nameof(Kubernetes))]
public sealed class PolicyTests(Kubernetes cluster) : IAsyncLifetime
{
    private static readonly string[] Pods = ["red/web", "red/api", "red/db", "blue/web", "blue/api"];

    private readonly Shop _shop = new(cluster);

    public async Task InitializeAsync() => await cluster.RunAsync("kubectl depmap install");

    public async Task DisposeAsync()
    {
        await cluster.RunAsync("kubectl depmap uninstall; kubectl delete namespace red blue --ignore-not-found --timeout=60s");
        await cluster.RunAsync("""
            pkill -f '^busybox httpd -p 198.51.100.1[01]:80$' || true
            ip route del 198.51.100.11/32 || true
            for n in n1 n2; do ip -n dmk-$n route del 198.51.100.11/32 || true; done
            ip -n dmk-out addr del 198.51.100.11/32 dev lo || true
            """);
    }

    [Fact]
    public async Task The_evaluation_agrees_with_what_happens()
    {
        await cluster.RunAsync($$"""
            kubectl apply -f {{AppContext.BaseDirectory}}/policies.yaml >/dev/null
            kubectl wait --for=condition=Ready pod --all -n red --timeout=60s
            kubectl wait --for=condition=Ready pod --all -n blue --timeout=60s
            ip -n dmk-out addr add 198.51.100.11/32 dev lo
            # As to the first address outside.
            gateway=$(ip -o route get 198.51.100.10 | sed 's/.* via \([^ ]*\).*/\1/')
            ip route replace 198.51.100.11/32 via $gateway
            for n in n1 n2; do ip -n dmk-$n route replace 198.51.100.11/32 via $gateway; done
            nsenter --net=/run/netns/dmk-out busybox httpd -p 198.51.100.10:80
            nsenter --net=/run/netns/dmk-out busybox httpd -p 198.51.100.11:80
            """);
        List<(string Client, string Server)> pairs =
        [
            .. from client in Pods
               from server in Pods
               from port in (int[])[8080, 9090]
               where client != server
               select (client, $"{server}:{port}"),
            .. from client in Pods
               from address in (string[])["198.51.100.10", "198.51.100.11"]
               select (client, $"{address}:80"),
            .. from client in (string[])["n1", "n2"]
               from server in Pods
               select (client, $"{server}:8080"),
        ];
        Assert.True(pairs.Count >= 40);

        // The policy controller and the relay need a moment for new policies.
        string[] enforced = [], evaluated = [];
        await Wait.TryUntilAsync(async () =>
        {
            enforced = await EnforcedAsync(pairs);
            evaluated = await EvaluatedAsync(pairs);
            return enforced.SequenceEqual(evaluated);
        });
        Assert.Equal(enforced, evaluated);
        Assert.Contains(enforced, pair => pair.StartsWith("allowed", StringComparison.Ordinal));
        Assert.Contains(enforced, pair => pair.StartsWith("forbidden", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Generated_policies_allow_what_was_seen_and_name_themselves_for_the_rest()
    {
        await _shop.CreateAsync();
        try
        {
            const string seenCalls = """
                for i in 1 2; do
                  kubectl -n shop exec deployment/web -- curl -s --max-time 5 -o /dev/null http://cart/
                  kubectl -n shop exec deployment/web -- sh -c 'echo hello | socat -t 1 - TCP:redis:6379' | grep -q hello
                  kubectl -n shop exec deployment/web -- curl -s --max-time 5 -o /dev/null http://api.example.com/
                  kubectl -n shop exec deployment/ingress -- curl -s --max-time 5 -o /dev/null http://CART/
                done
                """;
            string cart = (await cluster.RunAsync("kubectl -n shop get service cart -o jsonpath='{.spec.clusterIP}'")).Trim();
            await cluster.RunAsync(seenCalls.Replace("CART", cart, StringComparison.Ordinal));
            await Wait.UntilAsync(async () => int.Parse(await cluster.RunAsync(
                "kubectl depmap policy -n shop -o json 2>/dev/null | jq '.items | length'")) >= 3);

            await cluster.RunAsync("""
                file=$(mktemp)
                kubectl depmap policy -n shop >$file
                kubectl create --dry-run=server -f $file >/dev/null
                kubectl depmap policy -n shop --check $file
                kubectl apply -f $file >/dev/null
                rm $file
                """);
            // Stopped once the policies are enforced: redis calls no one.
            await Wait.UntilAsync(async () => (await cluster.RunAsync($"""
                kubectl -n shop exec statefulset/redis -- curl -s --max-time 2 -o /dev/null http://{cart}/ 2>/dev/null && echo passed \
                  || echo stopped
                """)).Trim() == "stopped");
            await cluster.RunAsync(seenCalls.Replace("CART", cart, StringComparison.Ordinal));

            string[] policies = [];
            await Wait.TryUntilAsync(async () =>
            {
                policies = await PoliciesOfDropsAsync();
                return policies.Length > 0;
            });
            Assert.Equal(["shop/depmap-cart", "shop/depmap-redis"], policies); // to cart, from redis
        }
        finally
        {
            await _shop.DeleteAsync();
        }
    }

    // Of the drops of flows that redis opened.
    private async Task<string[]> PoliciesOfDropsAsync() => (await cluster.RunAsync("""
        kubectl depmap observe -o json -n shop --verdict DROPPED |
          jq -r 'select(.source.workload == "StatefulSet/redis") | .policy.directions[]? | select(.allowed | not) | .policies[]' | sort -u
        """)).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private async Task<string[]> EnforcedAsync(List<(string Client, string Server)> pairs)
    {
        var addresses = new Dictionary<string, string>();
        foreach (string pod in Pods)
        {
            addresses[pod] = (await cluster.RunAsync(
                $"kubectl -n {pod.Split('/')[0]} get pod {pod.Split('/')[1]} -o jsonpath='{{.status.podIP}}'")).Trim();
        }

        var results = new Dictionary<(string, string), bool>();
        foreach (IGrouping<string, (string Client, string Server)> client in pairs.GroupBy(pair => pair.Client))
        {
            string calls = string.Join('\n', client.Select(pair =>
            {
                string[] end = pair.Server.Split(':');
                string address = addresses.GetValueOrDefault(end[0], end[0]);
                return $"(nc -w 2 {address} {end[1]} </dev/null >/dev/null 2>&1 && echo {pair.Server}) &";
            }));
            string shell = client.Key.Split('/') is [var ns, var pod]
                ? $"kubectl -n {ns} exec {pod} -- sh -c"
                : $"nsenter --net=/run/netns/dmk-{client.Key} busybox sh -c";
            string output = await cluster.RunAsync($"{shell} '{calls}\nwait'");
            HashSet<string> passed = [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries)];
            foreach ((string name, string server) in client)
                results[(name, server)] = passed.Contains(server);
        }

        return [.. pairs.Select(pair => $"{(results[pair] ? "allowed" : "forbidden")} {pair.Client} {pair.Server}")];
    }

    private async Task<string[]> EvaluatedAsync(List<(string Client, string Server)> pairs)
    {
        string questions = string.Join('\n', pairs.Select(pair => $"{Reference(pair.Client)} {Reference(pair.Server)}"));
        string output = await cluster.RunAsync($$"""
            trap 'kill $forward' EXIT
            pod=$(kubectl -n depmap get pod -l app.kubernetes.io/component=relay -o jsonpath='{.items[0].metadata.name}')
            kubectl -n depmap port-forward pod/$pod 19470:9470 >/dev/null 2>&1 & forward=$!
            export DEPMAP_RELAY=127.0.0.1:19470
            until kubectl depmap version >/dev/null 2>&1; do sleep 0.2; done
            echo '{{questions}}' | xargs -P 4 -L 1 \
              sh -c 'echo "$0 $1 $(kubectl depmap why "$0" "$1" -o json | jq -c "[.policies[].allowed]")"'
            """);
        Dictionary<string, string> answers = output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(' ')).ToDictionary(parts => $"{parts[0]} {parts[1]}", parts => parts[2]);
        return [.. pairs.Select(pair =>
        {
            using JsonDocument answer = JsonDocument.Parse(answers[$"{Reference(pair.Client)} {Reference(pair.Server)}"]);
            bool[] allowed = [.. answer.RootElement.EnumerateArray().Select(each => each.GetBoolean())];
            string verdict = allowed is [true] ? "allowed" : allowed is [false] ? "forbidden" : $"{allowed.Length} answers:";
            return $"{verdict} {pair.Client} {pair.Server}";
        })];
    }

    private static string Reference(string end) => end.Split('/') is [var ns, var pod] ? $"{ns}/pod/{pod}"
        : end.StartsWith('n') ? $"node/{end}"
        : end;
}
