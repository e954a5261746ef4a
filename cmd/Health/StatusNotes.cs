using Depmap.V1;

namespace Depmap.Plugin.Health;

/// <summary>
/// What agents observe less than fully, and why, in sentences. Nodes of which the same is to be said share one. Of an agent
/// that does not report to the relay now, nothing is said: what it last reported may have changed.
/// </summary>
internal static class StatusNotes
{
    private const int MostNodes = 3;

    /// <summary>The first kernel with tcx.</summary>
    private static readonly Version TcxKernel = new(6, 6);

    private static readonly Func<AgentState, string?>[] Sentences =
        [ByClsact, DropsByPlace, NoDrops, NoSocketCgroups, OneDirection, Preceded, Restored];

    /// <summary>What is as it has to be on such a node, or was put right.</summary>
    public static IReadOnlyList<string> Notes(IReadOnlyList<AgentState> agents) =>
        [.. Sentences.SelectMany(note => Grouped(Reporting(agents), note))];

    /// <summary>Where something is to be done: pod interfaces of which nothing is observed.</summary>
    public static IReadOnlyList<string> Problems(IReadOnlyList<AgentState> agents) =>
        [.. Grouped(Reporting(agents), Unobserved), .. Reporting(agents).Select(Failing).OfType<string>()];

    private static string? ByClsact(AgentState agent) => agent.Seen!.AttachMode == "clsact"
        ? $"attached by clsact ({(HasTcx(agent.Kernel) ? "the agent's settings say so" : "the kernel is older than 6.6")}): the first 3 s of a new pod are not observed"
        : null;

    private static string? DropsByPlace(AgentState agent) => agent.Seen!.Features?.Drops == DropExplanation.ByPlace
        ? "the kernel gives drops no reason (it is older than 5.17): those at places known to the agent are reported"
        : null;

    private static string? NoDrops(AgentState agent) => agent.Seen!.Features?.Drops == DropExplanation.None
        ? "drops are not reported: the kernel does not explain them"
        : null;

    private static string? NoSocketCgroups(AgentState agent) => agent.Seen!.Features is { SocketCgroups: false }
        ? "clients on the node's network are shown as the node: sockets have no cgroup"
        : null;

    private static string? OneDirection(AgentState agent) => agent.Seen!.Attachments is { OneDirection: > 0 and var count }
        ? $"{Interfaces(count)} {Are(count)} observed in one direction only: an ingress qdisc stands where clsact would"
        : null;

    private static string? Preceded(AgentState agent) => agent.Seen!.Attachments is { Preceded: > 0 and var count }
        ? $"at {Interfaces(count)} another program's filter sees packets first: what it accepts, drops or redirects is not observed"
        : null;

    private static string? Restored(AgentState agent) => agent.Seen!.Attachments is { Restored: > 0 and var count }
        ? $"{count} {(count == 1 ? "attachment was" : "attachments were")} restored: other programs removed a qdisc or put a filter first"
        : null;

    // The bandwidth plugin does so: it has an ingress qdisc of its own and redirects all that the pod sends.
    private static string? Unobserved(AgentState agent) => agent.Seen!.Attachments is { Unobserved: > 0 and var count }
        ? $"{Interfaces(count)} {Are(count)} not observed: another program redirects {(count == 1 ? "its" : "their")} packets before Depmap sees them"
        : null;

    private static string? Failing(AgentState agent) => agent.Seen!.Attachments is { Failing: > 0 and var count }
        ? $"the agent on {agent.Node} cannot attach to {Interfaces(count)}. Try: kubectl logs, of its pod"
        : null;

    // While one agent replaces another, a node has two pods and one report.
    private static IEnumerable<AgentState> Reporting(IReadOnlyList<AgentState> agents) => agents
        .Where(agent => agent.Seen is { Connected: true })
        .DistinctBy(agent => agent.Node)
        .OrderBy(agent => agent.Node, StringComparer.Ordinal);

    private static IEnumerable<string> Grouped(IEnumerable<AgentState> agents, Func<AgentState, string?> rule) =>
        from agent in agents
        let sentence = rule(agent)
        where sentence is not null
        group agent.Node by sentence into nodes
        select $"{Names([.. nodes])}: {nodes.Key}";

    private static string Names(string[] nodes) => nodes.Length <= MostNodes
        ? string.Join(", ", nodes)
        : $"{string.Join(", ", nodes.Take(MostNodes))} and {nodes.Length - MostNodes} more";

    private static string Interfaces(uint count) => count == 1 ? "1 pod interface" : $"{count} pod interfaces";

    private static string Are(uint count) => count == 1 ? "is" : "are";

    /// <param name="release">As <c>uname -r</c> prints it.</param>
    private static bool HasTcx(string release)
    {
        string numbers = string.Concat(release.TakeWhile(letter => char.IsAsciiDigit(letter) || letter == '.')).TrimEnd('.');
        return Version.TryParse(numbers, out Version? version) && version >= TcxKernel;
    }
}
