using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Depmap.Plugin.Objects;

namespace Depmap.Plugin.Install;

/// <summary>Finds nodes that Depmap cannot observe.</summary>
internal static partial class NodeCheck
{
    private static readonly Version MinKernel = new(5, 10);

    /// <returns>Warnings.</returns>
    /// <exception cref="InstallException">No node can be observed.</exception>
    public static IReadOnlyList<string> Run(JsonArray nodes)
    {
        (string Name, string? Reason)[] checkedNodes = [.. nodes.OfType<JsonObject>().Select(node => (node.Name, Reason(node)))];
        List<string> warnings = [.. checkedNodes
            .Where(node => node.Reason is not null)
            .GroupBy(node => node.Reason!, node => node.Name)
            .Select(group => $"Not observed: {string.Join(", ", group)} ({group.Key}).")];
        if (checkedNodes.Length > 0 && checkedNodes.All(node => node.Reason is not null))
            throw new InstallException($"no node of this cluster can be observed. {string.Join(' ', warnings)}");
        return warnings;
    }

    private static string? Reason(JsonObject node)
    {
        JsonNode? info = node["status"]?["nodeInfo"];
        string kernel = (string?)info?["kernelVersion"] ?? "";
        return ((string?)info?["operatingSystem"], (string?)info?["architecture"]) switch
        {
            ("windows", _) => "Windows is not supported",
            _ when node.Label("eks.amazonaws.com/compute-type") == "fargate" => "Fargate does not run DaemonSets",
            _ when node.Label("type") == "virtual-kubelet" => "virtual nodes do not run DaemonSets",
            // Only the prefix of their name identifies Autopilot nodes.
            _ when node.Name.StartsWith("gk3-", StringComparison.Ordinal) =>
                "GKE Autopilot does not allow pods with the host network and these capabilities",
            (_, not (null or "amd64" or "arm64") and var architecture) => $"no image for {architecture}",
            _ when KernelVersion(kernel) < MinKernel => $"kernel {kernel} is older than {MinKernel}",
            _ => null,
        };
    }

    /// <returns>Null if the release does not start with two numbers.</returns>
    private static Version? KernelVersion(string release) => TwoNumbers().Match(release) is { Success: true } match
        ? new Version(
            int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture), int.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture))
        : null;

    [GeneratedRegex(@"^([0-9]{1,5})\.([0-9]{1,5})")]
    private static partial Regex TwoNumbers();
}
