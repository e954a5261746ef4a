using Depmap.Plugin.Objects;
using Depmap.V1;

namespace Depmap.Plugin.Health;

/// <summary>
/// Describes what agents cannot observe, and why. Nodes with the same note share a line. Agents that are not connected to
/// the relay are left out, because their last report may be out of date.
/// </summary>
internal static class StatusNotes
{
    /// <summary>The first kernel with tcx.</summary>
    private static readonly Version TcxKernel = new(6, 6);

    /// <summary>Returns a sentence about an agent; null if there is nothing to say.</summary>
    /// <param name="each">Follows a count: <c> each</c> if the sentence is about several nodes, else empty.</param>
    private delegate string? Rule(AgentState agent, string each);

    private static readonly Rule[] NoteRules = [Clsact, DropsByPlace, NoDrops, NoSocketCgroups, OneDirection, Preceded, Restored];

    /// <summary>Limits that are normal on such nodes, or that the agent has already repaired.</summary>
    public static IReadOnlyList<string> Notes(IReadOnlyList<AgentState> agents) =>
        [.. NoteRules.SelectMany(rule => Describe(Connected(agents), rule))];

    /// <summary>Pod interfaces that are not observed at all, and reports that are not used.</summary>
    public static IReadOnlyList<string> Errors(IReadOnlyList<AgentState> agents) =>
    [
        .. Describe(Connected(agents), Unobserved),
        .. Describe(Connected(agents), InvalidReports),
        .. Connected(agents).Select(Failing).OfType<string>(),
    ];

    /// <summary>Describes an address that several pods claim.</summary>
    public static string Conflict(AddressConflict conflict) =>
        $"{conflict.Address} is the address of several running pods ({string.Join(", ", conflict.Pods)}): its flows are marked as guessed";

    private static string? Clsact(AgentState agent, string each) => agent.Report!.AttachMode == "clsact"
        ? $"attached with clsact ({(HasTcx(agent.Kernel) ? "set in the agent's options" : "the kernel is older than 6.6")}): "
            + "the first 3 s of a new pod are not observed"
        : null;

    private static string? DropsByPlace(AgentState agent, string each) => agent.Report!.Features?.Drops == DropExplanation.ByPlace
        ? "the kernel gives no drop reasons (it is older than 5.17): only drops in kernel functions that the agent knows are reported"
        : null;

    private static string? NoDrops(AgentState agent, string each) => agent.Report!.Features?.Drops == DropExplanation.None
        ? "drops are not reported: the kernel does not explain them"
        : null;

    private static string? NoSocketCgroups(AgentState agent, string each) => agent.Report!.Features is { SocketCgroups: false }
        ? "clients with the host network are shown as the node: the kernel's sockets have no cgroup"
        : null;

    private static string? OneDirection(AgentState agent, string each) => agent.Report!.Attachments is { OneDirection: > 0 and var count }
        ? $"{Interfaces(count, each)} {Are(count)} observed in one direction only: an ingress qdisc is in the place of clsact"
        : null;

    private static string? Preceded(AgentState agent, string each) => agent.Report!.Attachments is { Preceded: > 0 and var count }
        ? $"at {Interfaces(count, each)} another program's filter runs first: packets that it accepts, drops or redirects are not observed"
        : null;

    private static string? Restored(AgentState agent, string each) => agent.Report!.Attachments is { Restored: > 0 and var count }
        ? $"{count} {(count == 1 ? "attachment" : "attachments")}{each} {(count == 1 ? "was" : "were")} restored: "
            + "other programs removed a qdisc or put a filter first"
        : null;

    // For example the bandwidth plugin: it adds its own ingress qdisc and redirects everything that the pod sends.
    private static string? Unobserved(AgentState agent, string each) => agent.Report!.Attachments is { Unobserved: > 0 and var count }
        ? $"{Interfaces(count, each)} {Are(count)} not observed: another program redirects {(count == 1 ? "its" : "their")} packets "
            + "before Depmap sees them"
        : null;

    private static string? InvalidReports(AgentState agent, string each) => agent.Report!.InvalidReports is > 0 and var count
        ? $"the relay ignored {count} {(count == 1 ? "report" : "reports")}{each} that cannot be true, such as times out of range"
        : null;

    private static string? Failing(AgentState agent) => agent.Report!.Attachments is { Failing: > 0 and var count }
        ? $"the agent on {agent.Node} cannot attach to {Interfaces(count, each: "")}. Try: kubectl logs {agent.Pod}"
        : null;

    // During an update, a node has two pods and one report.
    private static IEnumerable<AgentState> Connected(IReadOnlyList<AgentState> agents) => agents
        .Where(agent => agent.Report is { Connected: true })
        .DistinctBy(agent => agent.Node)
        .OrderBy(agent => agent.Node, StringComparer.Ordinal);

    private static IEnumerable<string> Describe(IEnumerable<AgentState> agents, Rule rule) =>
        from agent in agents
        let sentence = rule(agent, each: "")
        where sentence is not null
        group agent by sentence into same
        let text = same.Count() == 1 ? same.Key : rule(same.First(), each: " each")
        select $"{UnobservedNodes.Names([.. same.Select(agent => agent.Node)])}: {text}";

    private static string Interfaces(uint count, string each) => $"{count} pod {(count == 1 ? "interface" : "interfaces")}{each}";

    private static string Are(uint count) => count == 1 ? "is" : "are";

    /// <param name="release">The output of <c>uname -r</c>.</param>
    private static bool HasTcx(string release)
    {
        string numbers = string.Concat(release.TakeWhile(letter => char.IsAsciiDigit(letter) || letter == '.')).TrimEnd('.');
        return Version.TryParse(numbers, out Version? version) && version >= TcxKernel;
    }
}
