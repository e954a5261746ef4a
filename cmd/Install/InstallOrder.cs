namespace Depmap.Plugin.Install;

/// <summary>The order in which objects are applied and deleted.</summary>
internal static class InstallOrder
{
    /// <summary>
    /// Kinds that are deleted first, one after the other: the agents, so that they detach from the nodes' interfaces and
    /// report to the relay, then the relay. The namespaces are deleted last.
    /// </summary>
    public static readonly string[] DeletedFirst = ["DaemonSet", "Deployment"];

    /// <summary>
    /// The files of <c>manifests/</c> in the order in which they are applied: namespaces before everything in them,
    /// certificates before the pods that mount them, and the relay before the agents that connect to it.
    /// </summary>
    public static IEnumerable<string> Manifests(bool withHistory, bool withTrial)
    {
        yield return "namespaces";
        yield return "certificates";
        if (withHistory)
            yield return "history";
        yield return "relay";
        if (withTrial)
            yield return "try";
        yield return "agent";
    }

    /// <summary>All kinds in the order in which they are deleted.</summary>
    public static IEnumerable<string> Deletion(IEnumerable<string> kinds) =>
        [.. DeletedFirst, .. kinds.Except(DeletedFirst).Where(kind => kind != "Namespace"), "Namespace"];
}
