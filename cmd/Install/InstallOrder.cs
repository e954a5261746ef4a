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
    /// certificates before the pods that use them, constraints before the pods that they permit, the permission to end a trial before
    /// the relay that uses it, and the relay before the agents that connect to it.
    /// </summary>
    public static IEnumerable<string> Manifests(InstallValues values)
    {
        yield return "namespaces";
        if (values.Certificates.Source != CertificateSource.User)
            yield return values.Certificates.Source == CertificateSource.Relay ? "certificates" : "cert-manager";
        if (values.OpenShift == true)
            yield return "openshift";
        if (values.Persist is not null)
            yield return "history";
        if (values.IsTrial)
            yield return "try";
        yield return "relay";
        yield return "agent";
    }

    /// <summary>All kinds in the order in which they are deleted.</summary>
    public static IEnumerable<string> Deletion(IEnumerable<string> kinds) =>
        [.. DeletedFirst, .. kinds.Except(DeletedFirst).Where(kind => kind != "Namespace"), "Namespace"];
}
