using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Depmap.Plugin.Install;

/// <summary>Says which nodes will not be observed, and why.</summary>
internal static partial class NodeCheck
{
    private static readonly Version LeastKernel = new(5, 10);

    /// <exception cref="InstallException">No node at all would be observed.</exception>
    public static IReadOnlyList<string> Describe(JsonArray nodes)
    {
        var excluded = nodes
            .Select(node => (Name: (string)node!["metadata"]!["name"]!, Why: Reason(node)))
            .Where(node => node.Why is not null)
            .GroupBy(node => node.Why!, node => node.Name)
            .Select(group => $"Not observed: {string.Join(", ", group)} ({group.Key}).")
            .ToList();
        if (nodes.Count > 0 && nodes.All(node => Reason(node!) is not null))
            throw new InstallException($"no node of this cluster can be observed. {string.Join(' ', excluded)}");
        return excluded;
    }

    private static string? Reason(JsonNode node)
    {
        JsonNode? info = node["status"]?["nodeInfo"];
        JsonNode? labels = node["metadata"]!["labels"];
        string name = (string)node["metadata"]!["name"]!;
        string kernel = (string?)info?["kernelVersion"] ?? "";
        return ((string?)info?["operatingSystem"], (string?)info?["architecture"]) switch
        {
            ("windows", _) => "Windows has no eBPF of this kind",
            _ when (string?)labels?["eks.amazonaws.com/compute-type"] == "fargate" => "Fargate runs no DaemonSets",
            _ when (string?)labels?["type"] == "virtual-kubelet" => "a virtual node runs no DaemonSets",
            // The only mark of Autopilot on a node is the prefix of its name.
            _ when name.StartsWith("gk3-", StringComparison.Ordinal) => "GKE Autopilot allows no pod the node's network and capabilities",
            (_, not (null or "amd64" or "arm64") and var architecture) => $"no image for {architecture}",
            _ when KernelOf(kernel) < LeastKernel => $"kernel {kernel} is older than {LeastKernel}",
            _ => null,
        };
    }

    /// <summary>Null where it does not begin with two numbers, which then says nothing.</summary>
    private static Version? KernelOf(string text) => TwoNumbers().Match(text) is { Success: true } match
        ? new Version(int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture), int.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture))
        : null;

    [GeneratedRegex(@"^([0-9]{1,5})\.([0-9]{1,5})")]
    private static partial Regex TwoNumbers();
}
