using Depmap.Relay.Agents;
using Depmap.V1;

namespace Depmap.Relay.Tests.Agents;

/// <summary>Time in which a node had no agent cannot be counted, so it is stated.</summary>
public sealed class ObservationGapsTests
{
    private const long T0 = 1_000_000 * UnixTime.Second;

    private readonly AgentRegistry _agents = new();
    private readonly Dictionary<(string, ulong), CancellationTokenSource> _streams = [];

    [Fact]
    public void The_time_between_two_agents_of_a_node_is_a_gap()
    {
        Connect("node-a", 1, at: 0);
        Disconnect("node-a", 1, at: 10);
        Connect("node-b", 1, at: 11);
        Assert.Empty(_agents.ListGaps(T0));
        Connect("node-a", 2, at: 22);
        ObservationGap gap = Assert.Single(_agents.ListGaps(T0 + (30 * UnixTime.Minute)));
        Assert.Equal(("node-a", 10, 22), (gap.Node, (gap.FromUnixNs - T0) / UnixTime.Second, (gap.ToUnixNs - T0) / UnixTime.Second));
        Assert.Empty(_agents.ListGaps(T0 + (61 * UnixTime.Minute)));
    }

    [Fact]
    public void An_agent_that_connects_again_was_observing_all_the_time()
    {
        Connect("node-a", 1, at: 0);
        Disconnect("node-a", 1, at: 10);
        Connect("node-a", 1, at: 100);
        Assert.Empty(_agents.ListGaps(T0));
    }

    [Fact]
    public void A_restarted_agent_that_connects_before_the_old_stream_has_ended_leaves_no_gap()
    {
        Connect("node-a", 1, at: 0);
        Connect("node-a", 2, at: 10);
        Disconnect("node-a", 1, at: 40);
        Assert.Empty(_agents.ListGaps(T0));
    }

    [Fact]
    public void A_relay_that_has_just_started_knows_of_no_gap()
    {
        Connect("node-a", 7, at: 0);
        Assert.Empty(_agents.ListGaps(T0));
    }

    [Fact]
    public void Gaps_are_bounded_and_the_oldest_are_removed()
    {
        for (int i = 0; i < 2_000; i++)
        {
            Connect($"n{i}", 1, at: i);
            Disconnect($"n{i}", 1, at: i);
            Connect($"n{i}", 2, at: i + 1);
        }

        List<ObservationGap> gaps = _agents.ListGaps(T0);
        Assert.Equal((1_000, "n1999"), (gaps.Count, gaps[^1].Node));
    }

    private void Connect(string node, ulong epoch, int at)
    {
        CancellationTokenSource stream = _streams[(node, epoch)] = new CancellationTokenSource();
        var address = new AgentAddress("10.0.0.1", [], false);
        Assert.Null(_agents.Connect(
            new AgentKey(node, epoch), new Hello { Node = node, Epoch = epoch }, address, stream, T0 + (at * UnixTime.Second)));
    }

    private void Disconnect(string node, ulong epoch, int at) =>
        _agents.Disconnect(new AgentKey(node, epoch), _streams[(node, epoch)], T0 + (at * UnixTime.Second));
}
