using System.Globalization;
using System.Text.RegularExpressions;

namespace Depmap.Common;

/// <summary>
/// Which nodes can run the agent. As far as labels show it, the node affinity of the agents' DaemonSet excludes the others;
/// no label shows an old kernel.
/// </summary>
internal static partial class NodeSupport
{
    /// <summary>Why a node is not observed, whether it can run the agent or not.</summary>
    public const string NotReady = "the node is not ready";

    private static readonly Version MinKernel = new(5, 10);

    /// <returns>Why the agent cannot run on the node; null if it can.</returns>
    /// <param name="architecture">As in the node's <c>status.nodeInfo</c>; null if unknown.</param>
    /// <param name="kernel">The output of <c>uname -r</c>; empty if unknown.</param>
    /// <param name="label">Returns the value of a label; null if the node does not have it.</param>
    public static string? Obstacle(
        string name, string? operatingSystem, string? architecture, string kernel, Func<string, string?> label) =>
        (operatingSystem, architecture) switch
        {
            ("windows", _) => "Windows is not supported",
            _ when label("eks.amazonaws.com/compute-type") == "fargate" => "Fargate does not run DaemonSets",
            _ when label("type") == "virtual-kubelet" => "virtual nodes do not run DaemonSets",
            // Only the prefix of their name identifies Autopilot nodes.
            _ when name.StartsWith("gk3-", StringComparison.Ordinal) =>
                "GKE Autopilot does not allow pods with the host network and these capabilities",
            (_, not (null or "" or "amd64" or "arm64")) => $"no image for {architecture}",
            _ when KernelVersion(kernel) is { } version && version < MinKernel => $"kernel {kernel} is older than {MinKernel}",
            _ => null,
        };

    /// <returns>Null if the release does not start with two numbers.</returns>
    private static Version? KernelVersion(string release) => TwoNumbers().Match(release) is { Success: true } match
        ? new Version(
            int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture), int.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture))
        : null;

    [GeneratedRegex(@"^([0-9]{1,5})\.([0-9]{1,5})")]
    private static partial Regex TwoNumbers();
}
