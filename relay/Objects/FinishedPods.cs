namespace Depmap.Relay.Objects;

/// <summary>
/// A finished pod owns nothing. Its object still lists an address and ports until it is deleted, but the address may
/// already belong to another pod.
/// </summary>
internal static class FinishedPods
{
    /// <param name="phase">The pod's <c>status.phase</c>; null if it is not set.</param>
    public static bool IsFinished(string? phase) => phase is "Succeeded" or "Failed";

    /// <summary>The pods that may own addresses and ports.</summary>
    public static IEnumerable<PodObject> Exclude(IEnumerable<PodObject> pods) => pods.Where(pod => !pod.Finished);
}
