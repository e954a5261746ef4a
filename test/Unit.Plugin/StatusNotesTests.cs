using Depmap.Plugin.Health;
using Depmap.V1;

namespace Depmap.Plugin.Tests;

public sealed class StatusNotesTests
{
    private static readonly KernelFeatures All = new() { Drops = DropExplanation.ByReason, SocketCgroups = true };

    [Theory]
    [InlineData("tcx", "6.18.5", null)]
    [InlineData("clsact", "6.1.0-10-generic", "the kernel is older than 6.6")]
    [InlineData("clsact", "6.5.13", "the kernel is older than 6.6")]
    [InlineData("clsact", "6.6.0-rc1", "the agent's settings say so")]
    [InlineData("clsact", "6.10.2+deb13", "the agent's settings say so")]
    public void Clsact_misses_the_first_seconds_of_a_pod(string mode, string kernel, string? cause) =>
        Assert.Equal(
            cause is null ? [] : [$"n1: attached by clsact ({cause}): the first 3 s of a new pod are not observed"],
            StatusNotes.Notes([Agent("n1", All, new Attachments(), mode, kernel)]));

    [Theory]
    [InlineData(DropExplanation.ByReason, true)]
    [InlineData(DropExplanation.Unspecified, true)]
    [InlineData(
        DropExplanation.ByPlace, true,
        "n1: the kernel gives drops no reason (it is older than 5.17): those at places known to the agent are reported")]
    [InlineData(DropExplanation.None, true, "n1: drops are not reported: the kernel does not explain them")]
    [InlineData(DropExplanation.ByReason, false, "n1: clients on the node's network are shown as the node: sockets have no cgroup")]
    public void What_a_kernel_lacks_is_a_note(DropExplanation drops, bool cgroups, params string[] notes) =>
        Assert.Equal(notes, StatusNotes.Notes([Agent("n1", new KernelFeatures { Drops = drops, SocketCgroups = cgroups })]));

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(1, 0, 0, "n1: 1 pod interface is observed in one direction only: an ingress qdisc stands where clsact would")]
    [InlineData(2, 0, 0, "n1: 2 pod interfaces are observed in one direction only: an ingress qdisc stands where clsact would")]
    [InlineData(
        0, 1, 0, "n1: at 1 pod interface another program's filter sees packets first: what it accepts, drops or redirects is not observed")]
    [InlineData(
        0, 2, 0, "n1: at 2 pod interfaces another program's filter sees packets first: what it accepts, drops or redirects is not observed")]
    [InlineData(0, 0, 1, "n1: 1 attachment was restored: other programs removed a qdisc or put a filter first")]
    [InlineData(0, 0, 3, "n1: 3 attachments were restored: other programs removed a qdisc or put a filter first")]
    public void What_other_programs_limit_is_a_note(uint oneDirection, uint preceded, ulong restored, params string[] notes)
    {
        AgentState[] agents = [Agent("n1", All, new Attachments { OneDirection = oneDirection, Preceded = preceded, Restored = restored })];
        Assert.Equal(notes, StatusNotes.Notes(agents));
        Assert.Empty(StatusNotes.Problems(agents));
    }

    [Theory]
    [InlineData(1, 0, "n1: 1 pod interface is not observed: another program redirects its packets before Depmap sees them")]
    [InlineData(2, 0, "n1: 2 pod interfaces are not observed: another program redirects their packets before Depmap sees them")]
    [InlineData(0, 1, "the agent on n1 cannot attach to 1 pod interface. Try: kubectl logs, of its pod")]
    [InlineData(0, 2, "the agent on n1 cannot attach to 2 pod interfaces. Try: kubectl logs, of its pod")]
    public void An_interface_of_which_nothing_is_observed_is_a_problem(uint unobserved, uint failing, string problem)
    {
        AgentState[] agents = [Agent("n1", All, new Attachments { Unobserved = unobserved, Failing = failing })];
        Assert.Equal([problem], StatusNotes.Problems(agents));
        Assert.Empty(StatusNotes.Notes(agents));
    }

    [Fact]
    public void An_interface_that_waits_is_nothing_to_note()
    {
        AgentState[] agents = [Agent("n1", All, new Attachments { Waiting = 1 })];
        Assert.Empty(StatusNotes.Notes(agents).Concat(StatusNotes.Problems(agents)));
    }

    [Theory]
    [InlineData(1, "n1")]
    [InlineData(2, "n1, n2")]
    [InlineData(3, "n1, n2, n3")]
    [InlineData(4, "n1, n2, n3 and 1 more")]
    [InlineData(9, "n1, n2, n3 and 6 more")]
    public void Nodes_of_which_the_same_is_said_share_a_line(int nodes, string named) => Assert.Equal(
        [$"{named}: 2 pod interfaces are not observed: another program redirects their packets before Depmap sees them"],
        StatusNotes.Problems([.. Enumerable.Range(1, nodes).Reverse().Select(node => Agent($"n{node}", All, new Attachments { Unobserved = 2 }))]));

    [Fact]
    public void Nodes_of_which_another_number_is_said_have_a_line_of_their_own() => Assert.Equal(
        [
            "n1, n3: 1 attachment was restored: other programs removed a qdisc or put a filter first",
            "n2: 2 attachments were restored: other programs removed a qdisc or put a filter first",
        ],
        StatusNotes.Notes([.. ((ulong[])[1, 2, 1]).Select((count, node) => Agent($"n{node + 1}", All, new Attachments { Restored = count }))]));

    [Fact]
    public void Of_an_older_agent_that_says_nothing_of_it_there_is_no_note() => Assert.Empty(StatusNotes.Notes([Agent("n1")]));

    [Fact]
    public void Of_an_agent_that_does_not_report_there_is_no_note()
    {
        AgentState gone = Agent("n1", new KernelFeatures(), new Attachments { Preceded = 1, Failing = 1 }, "clsact");
        AgentState[] agents = [gone with { Seen = gone.Seen! with { Connected = false } }, gone with { Node = "n2", Seen = null }];
        Assert.Empty(StatusNotes.Notes(agents).Concat(StatusNotes.Problems(agents)));
    }

    [Fact]
    public void A_node_that_has_two_pods_for_a_moment_is_named_once()
    {
        AgentState agent = Agent("n1", All, new Attachments { Failing = 1, Restored = 1 });
        Assert.StartsWith("n1: ", Assert.Single(StatusNotes.Notes([agent, agent])));
        Assert.Single(StatusNotes.Problems([agent, agent]));
    }

    private static AgentState Agent(
        string node, KernelFeatures? features = null, Attachments? attachments = null, string mode = "tcx", string kernel = "6.1.0") =>
        new(node, "0.1.0", kernel, null, new AgentSeen(mode, features, true, 12, attachments, 0, null, null, 0));
}
