using System.Net;
using Depmap.Relay.Agents;
using Depmap.Relay.Objects;
using Depmap.Relay.Tests.Names;
using Depmap.V1;

namespace Depmap.Relay.Tests.Agents;

/// <summary>All agents have the same certificate: the address that one connects from shows which node it is on.</summary>
public sealed class AgentIdentityTests
{
    private const long Now = 1_000_000 * UnixTime.Second;
    private const string NodeA = "172.30.7.11", NodeB = "172.30.7.12", Translated = "10.9.9.9";

    private readonly AgentRegistry _agents = new();
    private readonly List<NodeObject> _nodes = [Node("node-a", NodeA, "fd00::11"), Node("node-b", NodeB)];
    private readonly Dictionary<(string, ulong), CancellationTokenSource> _streams = [];

    [Theory]
    [InlineData(NodeA)]
    [InlineData("::ffff:172.30.7.11")]
    [InlineData("fd00::11")]
    public void Any_address_of_its_node_is_accepted(string address) => Assert.Null(Connect("node-a", address));

    [Fact]
    public void The_name_of_another_node_is_refused_once_that_nodes_agent_was_connected()
    {
        Connect("node-b", NodeB);
        Assert.Equal(
            $"an agent that names node node-b, but connects from {NodeA}, an address of node node-a", Connect("node-b", NodeA, epoch: 2));
        Disconnect("node-b");
        Assert.NotNull(Connect("node-b", NodeA, epoch: 3));
        RefusedAgent refused = Assert.Single(_agents.ListRefused(Now));
        Assert.Equal(("node-b", 2UL), (refused.Node, refused.Times));
        Assert.Empty(_agents.ListRefused(Now + (61 * UnixTime.Minute)));
    }

    [Fact]
    public void The_agent_at_the_nodes_own_address_ends_the_stream_of_one_at_another()
    {
        Assert.Null(Connect("node-b", NodeA, epoch: 9));
        Assert.Null(Connect("node-b", NodeB));
        Assert.True(_streams[("node-b", 9)].IsCancellationRequested);
        Assert.False(_streams[("node-b", 1)].IsCancellationRequested);
    }

    // Overlays and kube-proxy translate the addresses of nodes to ones that no object lists, or to those of one node.
    [Theory]
    [InlineData(Translated)]
    [InlineData(NodeB)]
    public void A_cluster_that_translates_the_addresses_of_agents_works(string address)
    {
        _nodes.Add(Node("node-c", "172.30.7.13"));
        Assert.Null(Connect("node-a", address));
        Assert.Null(Connect("node-c", address));
        Assert.Null(Connect("node-a", address, epoch: 2));
        Assert.False(_streams[("node-a", 1)].IsCancellationRequested);
    }

    [Fact]
    public void An_agent_may_come_back_from_another_address_once_its_stream_has_ended()
    {
        Assert.Null(Connect("node-a", Translated));
        Assert.NotNull(Connect("node-a", "10.9.9.8", epoch: 2));
        Assert.Null(Connect("node-a", "10.9.9.8")); // the same process
        Disconnect("node-a");
        Assert.Null(Connect("node-a", "10.9.9.7", epoch: 2));
    }

    [Fact]
    public void Nodes_behind_one_router_may_have_the_same_address()
    {
        _nodes.Add(Node("node-c", NodeB));
        Assert.Null(Connect("node-b", NodeB));
        Assert.Null(Connect("node-c", NodeB));
        Assert.False(_streams[("node-b", 1)].IsCancellationRequested);
    }

    [Fact]
    public void The_number_of_refused_names_is_bounded()
    {
        for (int i = 0; i < 1000; i++)
        {
            Connect($"x{i}", Translated);
            Connect($"x{i}", NodeA, epoch: 2);
        }

        Assert.Equal(100, _agents.ListRefused(Now).Count);
    }

    private static NodeObject Node(string name, params string[] addresses) =>
        new(name, [.. addresses.Select(address => TestCluster.ParseEndpoint(address, 0).Address)]);

    private string? Connect(string node, string address, ulong epoch = 1)
    {
        CancellationTokenSource stream = _streams[(node, epoch)] = new CancellationTokenSource();
        return _agents.Connect(
            new AgentKey(node, epoch), new Hello { Node = node }, AgentAddress.Of(IPAddress.Parse(address), node, _nodes), stream, Now);
    }

    private void Disconnect(string node) => _agents.Disconnect(new AgentKey(node, 1), _streams[(node, 1)], Now);
}
