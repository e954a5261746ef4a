using Depmap.V1;

namespace Depmap.Agent.Links;

/// <summary>How many pod interfaces are observed, and what limits it.</summary>
/// <param name="Attached">Observed now, those of the next two counts included.</param>
/// <param name="OneDirection">Observed only in what the pod sends: somebody's <c>ingress</c> qdisc stands where clsact would.</param>
/// <param name="Preceded">A filter of others sees packets first, and ours cannot be moved before it.</param>
/// <param name="Unobserved">
/// Both: what the pod receives is not observed, and what it sends goes to the filter of others first. In no other count.
/// The redirect of CNI's <c>bandwidth</c> plugin makes such interfaces.
/// </param>
/// <param name="Waiting">Too young to be attached.</param>
/// <param name="Failing">The kernel refused; tried again.</param>
/// <param name="Restored">
/// Attachments since the start that were made again, because a qdisc or filter was removed or another filter came first.
/// </param>
internal readonly record struct AttachmentState(
    int Attached, int OneDirection, int Preceded, int Unobserved, int Waiting, int Failing, long Restored)
{
    /// <summary>For the relay, which has <see cref="Attached"/> from elsewhere in the batch.</summary>
    public Attachments ToMessage() => new()
    {
        OneDirection = (uint)OneDirection,
        Preceded = (uint)Preceded,
        Unobserved = (uint)Unobserved,
        Waiting = (uint)Waiting,
        Failing = (uint)Failing,
        Restored = (ulong)Restored,
    };
}
