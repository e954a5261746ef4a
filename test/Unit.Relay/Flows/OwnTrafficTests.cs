using Depmap.Relay.Flows;
using Depmap.V1;
using static Depmap.Relay.Tests.Names.TestCluster;

namespace Depmap.Relay.Tests.Flows;

public class OwnTrafficTests
{
    private static readonly Owner Node = new("node-a");
    private static readonly Owner Pod = new("node-a", "shop", "web-5d8f-x2x", "Deployment/web");
    private static readonly Owner Agent = new("node-a", "eyes-agents", "depmap-agent-x", "DaemonSet/depmap-agent");
    private static readonly Owner Relay = new("node-b", "eyes", "depmap-relay-5d8f-x2x", "Deployment/depmap-relay", [9473]);
    private static readonly ServiceId Service = new("eyes", "depmap-relay");

    [Fact]
    public void Flows_from_agents_to_the_relay_and_from_the_relay_are_own()
    {
        Assert.True(IsOwn(Agent, Relay, Service));
        Assert.True(IsOwn(Agent, Relay));
        // As long as the agents' connections have the names of their nodes, and while the relay is down.
        Assert.True(IsOwn(Node, Relay, Service));
        Assert.True(IsOwn(Node, null, Service));
        Assert.True(IsOwn(Relay, null, new ServiceId("default", "kubernetes")));
        Assert.True(IsOwn(Relay, Node));
    }

    [Fact]
    public void Flows_of_others_are_not()
    {
        Assert.False(IsOwn(Pod, Relay, Service));
        Assert.False(IsOwn(null, Relay, Service));
        Assert.False(IsOwn(Agent, Pod));
        Assert.False(IsOwn(Node, Pod));
        Assert.False(IsOwn(Pod, null, new ServiceId("default", "kubernetes")));
    }

    [Fact]
    public void A_workload_of_the_same_name_elsewhere_is_not_Depmap()
    {
        Assert.False(IsOwn(Relay with { Namespace = "shop" }, Node));
        Assert.False(IsOwn(Node, Relay with { Namespace = "shop" }, Service with { Namespace = "shop" }));
        Assert.False(IsOwn(Agent with { Namespace = "shop" }, Relay, Service));
        Assert.False(IsOwn(Relay with { Workload = "StatefulSet/depmap-relay" }, Node));
    }

    [Fact]
    public void A_probe_of_the_relay_is_a_probe() => Assert.False(IsOwn(new Owner("node-b"), Relay, null, port: 9473));

    private static bool IsOwn(Owner? source, Owner? destination, ServiceId? service = null, ushort port = 9471) =>
        new OwnTraffic("eyes").Includes(new NamedFlow
        {
            Time = 1,
            Decision = new Decision(Verdict.Forwarded),
            Protocol = Protocol.Tcp,
            Source = Web,
            SourceOwner = source,
            Destination = Cart with { Port = port },
            Service = service,
            DestinationOwner = destination,
            Node = "node-a",
        });
}
