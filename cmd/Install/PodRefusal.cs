namespace Depmap.Plugin.Install;

/// <summary>Why the API server refuses the pods of a workload, from its message, and what to do about it.</summary>
internal static class PodRefusal
{
    /// <summary>
    /// Parts of the messages of PodSecurity, webhooks, ValidatingAdmissionPolicies and quotas. Other errors are about the request,
    /// or end by themselves: the user may not create pods, a webhook does not support dry runs, another writer was faster.
    /// </summary>
    private static readonly string[] Refusals =
        ["violates PodSecurity", "denied the request", "denied request", "exceeded quota", UncoveredClass, UnknownClass];

    private const string UncoveredClass = "insufficient quota to match these scopes";

    private const string UnknownClass = "no PriorityClass with name";

    public static bool IsFinal(string message) => Refusals.Any(text => message.Contains(text, StringComparison.Ordinal));

    /// <summary>Whether the message is that of a quota that was just created: the API server learns of it a moment later.</summary>
    public static bool IsNewQuota(string message) =>
        message.Contains(UncoveredClass, StringComparison.Ordinal)
        || message.Contains("status unknown for quota", StringComparison.Ordinal);

    public static string Advice(string message, string ns) => message switch
    {
        _ when message.Contains(UncoveredClass, StringComparison.Ordinal) =>
            $"Namespace {ns} may not use this priority class. Try: --set agent.priorityClass=NAME with another class",
        _ when message.Contains(UnknownClass, StringComparison.Ordinal) =>
            "Try: --set agent.priorityClass=NAME with a class that kubectl get priorityclass lists",
        _ when message.Contains("exceeded quota", StringComparison.Ordinal) => $"Raise that quota of namespace {ns}",
        _ => $"Exempt namespace {ns} from that policy",
    };
}
