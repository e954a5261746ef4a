using System.Text.Json.Nodes;
using Depmap.Plugin.Objects;

namespace Depmap.Plugin.Install;

/// <summary>
/// Finds pods that the API server refuses, by the events of the controllers that create them. Events of earlier attempts stay in
/// the cluster for an hour: those that exist before the installation are ignored until they are repeated.
/// </summary>
internal sealed class RefusedPods
{
    private readonly HashSet<string> _earlier = new(StringComparer.Ordinal);
    private string? _suspected;

    /// <param name="events">The warnings before the first object is applied.</param>
    public void Ignore(JsonArray events) => _earlier.UnionWith(Failures(events).Select(Version));

    /// <summary>The message of the last refusal since the installation began; null if there is none.</summary>
    public string? Last(JsonArray events, string workload) => (string?)Failures(events)
        .LastOrDefault(failure => Subject(failure).StartsWith(workload, StringComparison.Ordinal) && !_earlier.Contains(Version(failure)))?
        ["message"];

    /// <summary>
    /// Whether to stop waiting. A refusal must be seen in two polls: the controller tries again at once, and may succeed.
    /// </summary>
    /// <param name="refusal">The last refusal of a workload that still lacks pods; null if there is none.</param>
    public bool IsPersistent(string? refusal)
    {
        bool isPersistent = refusal is not null && refusal == _suspected && PodRefusal.IsFinal(refusal);
        _suspected = refusal;
        return isPersistent;
    }

    private static IEnumerable<JsonObject> Failures(JsonArray events) =>
        events.OfType<JsonObject>().Where(warning => (string?)warning["reason"] == "FailedCreate");

    private static string Subject(JsonObject warning) => (string?)warning["involvedObject"]?["name"] ?? "";

    // The event of a repeated failure keeps its name and gets a new version.
    private static string Version(JsonObject warning) =>
        $"{(string?)warning["metadata"]?["uid"]}@{(string?)warning["metadata"]?["resourceVersion"]}";
}
