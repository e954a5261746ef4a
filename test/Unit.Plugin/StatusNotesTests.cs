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
    [InlineData("clsact", "6.6.0-rc1", "set in the agent's options")]
    [InlineData("clsact", "6.10.2+deb13", "set in the agent's options")]
    public void With_clsact_the_first_seconds_of_a_pod_are_not_observed(string mode, string kernel, string? cause) =>
        Assert.Equal(
            cause is null ? [] : [$"n1: attached with clsact ({cause}): the first 3 s of a new pod are not observed"],
            StatusNotes.Notes([Agent("n1", All, new Attachments(), mode, kernel)]));

    [Theory]
    [InlineData(DropExplanation.ByReason, true)]
    [InlineData(DropExplanation.Unspecified, true)]
    [InlineData(
        DropExplanation.ByPlace, true,
        "n1: the kernel gives no drop reasons (it is older than 5.17): only drops in kernel functions that the agent knows are reported")]
    [InlineData(DropExplanation.None, true, "n1: drops are not reported: the kernel does not explain them")]
    [InlineData(
        DropExplanation.ByReason, false,
        "n1: clients with the host network are shown as the node: the kernel's sockets have no cgroup")]
    public void A_missing_kernel_feature_is_a_note(DropExplanation drops, bool cgroups, params string[] notes) =>
        Assert.Equal(notes, StatusNotes.Notes([Agent("n1", new KernelFeatures { Drops = drops, SocketCgroups = cgroups })]));

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(1, 0, 0, "n1: 1 pod interface is observed in one direction only: an ingress qdisc is in the place of clsact")]
    [InlineData(2, 0, 0, "n1: 2 pod interfaces are observed in one direction only: an ingress qdisc is in the place of clsact")]
    [InlineData(
        0, 1, 0, "n1: at 1 pod interface another program's filter runs first: packets that it accepts, drops or redirects are not "
            + "observed")]
    [InlineData(
        0, 2, 0, "n1: at 2 pod interfaces another program's filter runs first: packets that it accepts, drops or redirects are not "
            + "observed")]
    [InlineData(0, 0, 1, "n1: 1 attachment was restored: other programs removed a qdisc or put a filter first")]
    [InlineData(0, 0, 3, "n1: 3 attachments were restored: other programs removed a qdisc or put a filter first")]
    public void A_limit_because_of_other_programs_is_a_note(uint oneDirection, uint preceded, ulong restored, params string[] notes)
    {
        AgentState[] agents = [Agent("n1", All, new Attachments { OneDirection = oneDirection, Preceded = preceded, Restored = restored })];
        Assert.Equal(notes, StatusNotes.Notes(agents));
        Assert.Empty(StatusNotes.Errors(agents));
    }

    [Theory]
    [InlineData(1, 0, "n1: 1 pod interface is not observed: another program redirects its packets before Depmap sees them")]
    [InlineData(2, 0, "n1: 2 pod interfaces are not observed: another program redirects their packets before Depmap sees them")]
    [InlineData(0, 1, "the agent on n1 cannot attach to 1 pod interface. Try: kubectl logs -n depmap-agents depmap-agent-n1")]
    [InlineData(0, 2, "the agent on n1 cannot attach to 2 pod interfaces. Try: kubectl logs -n depmap-agents depmap-agent-n1")]
    public void An_unobserved_interface_is_an_error(uint unobserved, uint failing, string error)
    {
        AgentState[] agents = [Agent("n1", All, new Attachments { Unobserved = unobserved, Failing = failing })];
        Assert.Equal([error], StatusNotes.Errors(agents));
        Assert.Empty(StatusNotes.Notes(agents));
    }

    [Fact]
    public void A_waiting_interface_is_not_a_note()
    {
        AgentState[] agents = [Agent("n1", All, new Attachments { Waiting = 1 })];
        Assert.Empty(StatusNotes.Notes(agents).Concat(StatusNotes.Errors(agents)));
    }

    [Theory]
    [InlineData(1, "n1: 2 pod interfaces")]
    [InlineData(2, "n1, n2: 2 pod interfaces each")]
    [InlineData(3, "n1, n2, n3: 2 pod interfaces each")]
    [InlineData(4, "n1, n2, n3 and 1 more: 2 pod interfaces each")]
    [InlineData(9, "n1, n2, n3 and 6 more: 2 pod interfaces each")]
    public void Nodes_with_the_same_note_share_a_line(int nodes, string subject) => Assert.Equal(
        [$"{subject} are not observed: another program redirects their packets before Depmap sees them"],
        StatusNotes.Errors([.. Enumerable.Range(1, nodes).Reverse()
            .Select(node => Agent($"n{node}", All, new Attachments { Unobserved = 2 }))]));

    [Fact]
    public void Nodes_with_another_count_have_their_own_line() => Assert.Equal(
        [
            "n1, n3: 1 attachment each was restored: other programs removed a qdisc or put a filter first",
            "n2: 2 attachments were restored: other programs removed a qdisc or put a filter first",
        ],
        StatusNotes.Notes([.. ((ulong[])[1, 2, 1])
            .Select((count, node) => Agent($"n{node + 1}", All, new Attachments { Restored = count }))]));

    [Fact]
    public void An_older_agent_without_these_fields_has_no_notes() => Assert.Empty(StatusNotes.Notes([Agent("n1")]));

    [Fact]
    public void A_disconnected_agent_has_no_notes()
    {
        AgentState disconnected = Agent("n1", new KernelFeatures(), new Attachments { Preceded = 1, Failing = 1 }, "clsact");
        AgentState[] agents = [
            disconnected with { Report = disconnected.Report! with { Connected = false } },
            disconnected with { Node = "n2", Report = null },
        ];
        Assert.Empty(StatusNotes.Notes(agents).Concat(StatusNotes.Errors(agents)));
    }

    [Fact]
    public void A_node_with_two_pods_during_an_update_is_named_once()
    {
        AgentState agent = Agent("n1", All, new Attachments { Failing = 1, Restored = 1 });
        Assert.StartsWith("n1: ", Assert.Single(StatusNotes.Notes([agent, agent])));
        Assert.Single(StatusNotes.Errors([agent, agent]));
    }

    private static AgentState Agent(
        string node, KernelFeatures? features = null, Attachments? attachments = null, string mode = "tcx", string kernel = "6.1.0") =>
        new(
            node,
            $"-n depmap-agents depmap-agent-{node}",
            "0.1.0",
            kernel,
            null,
            new AgentReport(mode, features, true, 12, attachments, 0, null, null, 0));
}
