using Depmap.V1;

namespace Depmap.Plugin.Tests;

/// <summary>A flow and an edge of each kind.</summary>
internal static class Examples
{
    // 2026-05-04T10:11:12.131415161Z
    public const long Time = 1_777_889_472_131_415_161;

    private static Endpoint Web => new()
    {
        Namespace = "shop", Pod = "web-5d8f-x2x", Workload = "Deployment/web", Ip = "10.244.0.2", Port = 43210,
    };

    private static Endpoint Cart => new()
    {
        Namespace = "shop", Service = "cart", Pod = "cart-7c9-q1z", Workload = "Deployment/cart",
        Ip = "10.96.0.10", Port = 80, PodIp = "10.244.1.3", PodPort = 8080,
    };

    private static Endpoint Payments => new() { Namespace = "pay", Service = "payments", Ip = "10.96.0.77", Port = 8443 };

    public static Flow Forwarded => Flow(1, Web, Cart, flow => flow.HandshakeNs = 180_900);

    public static Flow DroppedWithDetail => Flow(2, Web, Payments, flow => Drop(flow, DropReason.Policy, "NETFILTER_DROP"));

    /// <summary>The end of <see cref="Forwarded"/>.</summary>
    public static Flow Closed => Flow(1, Web, Cart, flow => Close(flow, 12, 2210));

    /// <summary>The end of a flow that was cut off, and that was older than its agent, which did not count packets.</summary>
    public static Flow ClosedDrop => Flow(13, Web, Payments, flow =>
    {
        Drop(flow, DropReason.Timeout, "");
        Close(flow, 0, 0);
        flow.DurationNs = 0;
    });

    private static PolicyVerdict Denied => new()
    {
        Directions =
        {
            new PolicyDirection
            {
                Allowed = true, Policies = { Policy("shop", "web") }, Reason = "shop/web allows → pay/payments:8443",
            },
            new PolicyDirection
            {
                Ingress = true,
                Policies = { Policy("pay", "deny-all"), Policy("pay", "from-cart") },
                Reason = "select the server, no rule allows shop/web → 8443",
                Nearest = "pay/from-cart allows 8443, but only from pods with app=cart in namespaces with team=sales",
            },
        },
        Limits = { "the cluster has policies of cilium.io, which Depmap does not evaluate" },
    };

    /// <summary>Dropped flows with what policies say about them.</summary>
    public static IEnumerable<Flow> PolicyFlows =>
    [
        Flow(20, Web, Payments, flow =>
        {
            Drop(flow, DropReason.Policy, "NETFILTER_DROP");
            flow.Policy = Denied;
        }),
        Flow(21, Web, Payments, flow =>
        {
            Drop(flow, DropReason.Timeout, "");
            flow.Policy = Denied;
        }),
        Flow(22, Web, Payments, flow =>
        {
            Drop(flow, DropReason.Policy, "NETFILTER_DROP");
            flow.Policy = new PolicyVerdict { Allowed = true };
        }),
        Flow(23, Web, Payments, flow =>
        {
            Drop(flow, DropReason.Policy, "NETFILTER_DROP");
            flow.Policy = new PolicyVerdict
            {
                Directions =
                {
                    new PolicyDirection { Policies = { Enumerable.Range(1, 5).Select(i => Policy("shop", $"p{i}")) }, Reason = "select" },
                    new PolicyDirection
                    {
                        Ingress = true,
                        Policies = { new PolicyName { Kind = "AdminNetworkPolicy", Name = "all" } },
                        Reason = "denies shop/web → 8443",
                    },
                },
            };
        }),
    ];

    private static PolicyName Policy(string ns, string name) => new() { Kind = "NetworkPolicy", Namespace = ns, Name = name };

    public static IEnumerable<Flow> Flows =>
    [
        Forwarded,
        DroppedWithDetail,
        // A reason that only the kernel names. To a pod without a service.
        Flow(3, Web, new Endpoint { Namespace = "shop", Pod = "redis-0", Workload = "StatefulSet/redis", Ip = "10.244.1.9", Port = 6379 },
            flow => Drop(flow, DropReason.Kernel, "TCP_CSUM")),
        // From a node, to a pod.
        Flow(4, new Endpoint { Node = "node-a", Ip = "172.18.0.2", Port = 40112 },
            new Endpoint
            {
                Namespace = "kube-system", Pod = "coredns-1", Workload = "Deployment/coredns", Ip = "10.244.0.5", Port = 8181,
            },
            flow => (flow.HandshakeNs, flow.Probe) = (400, true)),
        // To an external address, refused.
        Flow(5, Web, new Endpoint { Ip = "93.184.216.34", Port = 443 }, flow => Drop(flow, DropReason.Refused, "")),
        // To external addresses with one DNS name and with two.
        Flow(10, Web, new Endpoint { Name = "api.example.com", Ip = "93.184.216.34", Port = 443 }, flow => flow.HandshakeNs = 9_000_000),
        Flow(11, Web,
            new Endpoint { Name = "b.example.com", Names = { "b.example.com", "a.example.com" }, Ip = "2001:db8::7", Port = 443 },
            flow => flow.HandshakeNs = 9_000_000),
        // From an agent to the relay.
        Flow(12, new Endpoint { Node = "node-a", Ip = "172.18.0.2", Port = 40113 },
            new Endpoint { Namespace = "depmap", Service = "depmap-relay", Ip = "10.96.0.30", Port = 9471 },
            flow => flow.Depmap = true),
        // IPv6 and UDP, without a handshake.
        Flow(6, new Endpoint { Namespace = "shop", Pod = "web-5d8f-x2x", Workload = "Deployment/web", Ip = "fd00:10:244::2", Port = 50123 },
            new Endpoint
            {
                Namespace = "kube-system", Service = "kube-dns", Pod = "coredns-1", Workload = "Deployment/coredns",
                Ip = "fd00:10:96::a", Port = 53, PodIp = "fd00:10:244::5", PodPort = 5353,
            },
            flow => flow.Protocol = Protocol.Udp),
        Flow(7, new Endpoint { Ip = "2001:db8::7", Port = 1024 }, Cart, flow => (flow.Guessed, flow.Node) = (true, "")),
        Flow(8, Web, Payments, flow => Drop(flow, DropReason.NoEndpoints, "")),
        // Longer than the initial width of the column, then a short one again.
        Flow(9,
            new Endpoint
            {
                Namespace = "monitoring", Pod = "prometheus-server-7f8b9c6d5-abcde", Workload = "Deployment/prometheus-server",
                Ip = "10.244.0.7", Port = 41000,
            },
            Cart,
            flow => flow.HandshakeNs = 1_500_000),
        Forwarded,
    ];

    public static IEnumerable<Edge> Edges =>
    [
        new Edge
        {
            Source = new Endpoint { Namespace = "shop", Workload = "Deployment/web" },
            Destination = new Endpoint { Namespace = "shop", Service = "cart", Workload = "Deployment/cart", Port = 80 },
            Protocol = Protocol.Tcp, Forwarded = 1200, BytesToServer = 1_572_864, BytesToClient = 900, HandshakeMeanNs = 181_000,
            BytesWithinZone = 1_048_576, BytesAcrossZones = 525_188, FirstSeenUnixNs = Time, LastSeenUnixNs = Time + 168_000_000_000,
        },
        new Edge
        {
            Source = new Endpoint { Namespace = "shop", Workload = "Deployment/web" },
            Destination = new Endpoint { Namespace = "pay", Service = "payments", Port = 8443 },
            Protocol = Protocol.Tcp, Dropped = 7,
            Drops =
            {
                new DropCount { Reason = DropReason.Policy, Detail = "NETFILTER_DROP", Count = 4 },
                new DropCount { Reason = DropReason.Timeout, Count = 2 },
                new DropCount { Reason = DropReason.Kernel, Detail = "TCP_CSUM", Count = 1 },
            },
            BytesToServer = 420, FirstSeenUnixNs = Time, LastSeenUnixNs = Time,
            DestinationWorkloads = { "Deployment/payments", "StatefulSet/payments-canary" },
        },
        new Edge
        {
            Source = new Endpoint { Node = "node-a" },
            Destination = new Endpoint { Namespace = "shop", Workload = "Deployment/cart", Port = 8081 },
            Protocol = Protocol.Tcp, Forwarded = 30, Probe = true,
        },
        new Edge
        {
            Source = new Endpoint { Node = "node-a" },
            Destination = new Endpoint { Ip = "2001:db8::7", Port = 443 },
            Protocol = Protocol.Udp, Forwarded = 1, Guessed = true,
        },
        new Edge
        {
            Source = new Endpoint { Namespace = "shop", Workload = "Deployment/web" },
            Destination = new Endpoint { Name = "api.example.com", Port = 443 },
            Protocol = Protocol.Tcp, Forwarded = 7,
        },
        new Edge
        {
            Source = new Endpoint { Node = "node-a" },
            Destination = new Endpoint { Namespace = "depmap", Service = "depmap-relay", Port = 9471 },
            Protocol = Protocol.Tcp, Forwarded = 1, Depmap = true,
        },
    ];

    private static Flow Flow(ulong sequence, Endpoint source, Endpoint destination, Action<Flow> change)
    {
        var flow = new Flow
        {
            Sequence = sequence,
            TimeUnixNs = Time + ((long)sequence * 1_000_000) - 1_000_000,
            Verdict = Verdict.Forwarded,
            Protocol = Protocol.Tcp,
            Source = source,
            Destination = destination,
            Node = "node-a",
            Id = 0x5f3a_9c00_0000_0000 + sequence,
        };
        change(flow);
        return flow;
    }

    private static void Close(Flow flow, ulong packetsToServer, ulong packetsToClient)
    {
        (flow.ClosedUnixNs, flow.DurationNs) = (flow.TimeUnixNs + 3_200_000_000, 3_200_000_000);
        (flow.BytesToServer, flow.BytesToClient) = (1536, 3_355_443);
        (flow.PacketsToServer, flow.PacketsToClient) = (packetsToServer, packetsToClient);
    }

    private static void Drop(Flow flow, DropReason reason, string detail) =>
        (flow.Verdict, flow.DropReason, flow.DropReasonDetail) = (Verdict.Dropped, reason, detail);
}
