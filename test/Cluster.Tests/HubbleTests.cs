using System.Text.Json.Nodes;

namespace Depmap.Cluster.Tests;

/// <summary>Hubble's own program reads what <c>observe -o jsonpb</c> prints. Needs no cluster.</summary>
public sealed class HubbleTests
{
    private const string Flows = """
        [
          {
            "time": "2026-05-04T10:11:12.131415161Z", "verdict": "FORWARDED", "protocol": "TCP", "node": "node-a", "handshake_us": 180,
            "source": {"namespace": "shop", "pod": "web-5d8f-x2x", "workload": "Deployment/web", "ip": "10.244.0.2", "port": 43210},
            "destination": {
              "namespace": "shop", "service": "cart", "pod": "cart-7c9-q1z", "workload": "Deployment/cart",
              "ip": "10.96.0.10", "port": 80, "pod_ip": "10.244.1.3", "pod_port": 8080
            },
            "id": "5f3a9c0000000001"
          },
          {
            "time": "2026-05-04T10:11:12.2Z", "verdict": "DROPPED", "drop_reason": "POLICY", "drop_reason_detail": "NETFILTER_DROP",
            "protocol": "TCP", "node": "node-a", "source": {"node": "node-a", "ip": "172.18.0.2", "port": 40112},
            "destination": {"namespace": "shop", "pod": "redis-0", "workload": "StatefulSet/redis", "ip": "10.244.1.9", "port": 6379}
          },
          {
            "time": "2026-05-04T10:11:12.3Z", "verdict": "FORWARDED", "protocol": "UDP", "node": "node-a",
            "source": {"namespace": "shop", "pod": "web-5d8f-x2x", "workload": "Deployment/web", "ip": "fd00::2", "port": 50123},
            "destination": {"name": "api.example.com", "names": ["api.example.com", "b.example.com"], "ip": "2001:db8::7", "port": 443}
          },
          {
            "time": "2026-05-04T10:11:12.131415161Z", "verdict": "FORWARDED", "protocol": "TCP",
            "source": {"namespace": "shop", "pod": "web-5d8f-x2x", "ip": "10.244.0.2", "port": 43210},
            "destination": {"ip": "192.0.2.1", "port": 80}, "event": "close", "closed": "2026-05-04T10:11:14Z"
          },
          {
            "time": "2026-05-04T10:11:13Z", "verdict": "DROPPED", "drop_reason": "POLICY", "protocol": "TCP", "node": "node-a",
            "source": {"namespace": "shop", "pod": "web-5d8f-x2x", "ip": "10.244.0.2", "port": 43211},
            "destination": {"namespace": "pay", "pod": "payments-1", "ip": "10.244.1.7", "port": 8443},
            "policy": {
              "allowed": false,
              "directions": [
                {"direction": "egress", "allowed": false, "policies": ["shop/deny-egress"], "reason": "no rule allows it"},
                {"direction": "ingress", "allowed": false, "policies": ["pay/deny-all", "AdminNetworkPolicy/guard"], "reason": "denied"}
              ]
            }
          },
          {
            "time": "2026-05-04T10:11:14Z", "verdict": "DROPPED", "drop_reason": "NO_ENDPOINTS", "protocol": "TCP", "node": "node-a",
            "source": {"namespace": "shop", "pod": "web-5d8f-x2x", "ip": "10.244.0.2", "port": 43212},
            "destination": {"namespace": "shop", "service": "empty", "ip": "10.96.0.30", "port": 80}
          },
          {
            "time": "2026-05-04T10:11:15Z", "verdict": "DROPPED", "drop_reason": "REFUSED", "protocol": "TCP", "node": "node-a",
            "source": {"namespace": "shop", "pod": "web-5d8f-x2x", "ip": "10.244.0.2", "port": 43213},
            "destination": {"namespace": "shop", "pod": "cart-7c9-q1z", "ip": "10.244.1.3", "port": 9999}
          },
          {
            "time": "2026-05-04T10:11:16Z", "verdict": "DROPPED", "drop_reason": "TIMEOUT", "protocol": "TCP", "node": "node-a",
            "source": {"namespace": "shop", "pod": "web-5d8f-x2x", "ip": "10.244.0.2", "port": 43214},
            "destination": {"ip": "203.0.113.9", "port": 443}
          },
          {
            "time": "2026-05-04T10:11:17Z", "verdict": "DROPPED", "drop_reason": "SOCKET_RCVBUFF", "protocol": "UDP", "node": "node-a",
            "source": {"namespace": "shop", "pod": "web-5d8f-x2x", "ip": "10.244.0.2", "port": 43215},
            "destination": {"namespace": "shop", "pod": "cart-7c9-q1z", "ip": "10.244.1.3", "port": 8089}
          }
        ]
        """;

    [Fact]
    public async Task Hubble_prints_the_same_lines_and_knows_all_fields()
    {
        using var folder = new TemporaryFolder();
        string[] recorded = [.. JsonNode.Parse(Flows)!.AsArray().Select(flow => flow!.ToJsonString())];
        string flows = folder.Write("flows.json", string.Join('\n', recorded));
        string hubble = (await Run.ScriptAsync($"{Kubernetes.Scripts}/unpack hubble")).Succeeded().Trim() + "/hubble";
        string printed = (await Run.ScriptAsync($"{Installation.Plugin} observe --input-file {flows} -o jsonpb")).Succeeded();
        Assert.Equal(recorded.Length, printed.TrimEnd('\n').Split('\n').Length);
        string lines = folder.Write("hubble.json", printed);

        // It warns on stderr of fields that it does not know.
        Run again = await Run.ScriptAsync($"{hubble} observe --input-file {lines} -o jsonpb");
        Assert.Equal((0, printed.TrimEnd('\n'), ""), (again.ExitCode, again.Output.TrimEnd('\n'), again.Error));
        Run compact = await Run.ScriptAsync($"TZ=UTC {hubble} observe --input-file {lines} -o compact --color never");
        Assert.Equal(
            """
            May  4 10:11:12.131: shop/web-5d8f-x2x:43210 (unknown) -> shop/cart-7c9-q1z:80 (unknown) to-endpoint FORWARDED (TCP Flags: SYN)
            """,
            compact.Succeeded().Split('\n')[0]);
        Run dropped = await Run.ScriptAsync($"{hubble} observe --input-file {lines} -o jsonpb --verdict DROPPED");
        Assert.Equal(
            printed.Split('\n').Where(line => line.Contains("\"DROPPED\"", StringComparison.Ordinal)),
            dropped.Succeeded().TrimEnd('\n').Split('\n'));
        Assert.Contains("\"ingress_denied_by\":[{\"name\":\"deny-all\",\"namespace\":\"pay\"", printed, StringComparison.Ordinal);
    }
}
