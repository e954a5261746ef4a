using Depmap.V1;

namespace Depmap.Agent.Links;

/// <summary>How many pod interfaces are observed, and what limits it.</summary>
/// <param name="Attached">Observed, including those of the next two counts.</param>
/// <param name="OneDirection">Only what the pod sends is observed: an <c>ingress</c> qdisc takes the place of clsact.</param>
/// <param name="Preceded">Another program's filter sees packets first, and ours cannot be moved before it.</param>
/// <param name="Unobserved">
/// Both: what the pod receives is not observed, and what it sends passes another filter first. In no other count. The
/// redirect of CNI's <c>bandwidth</c> plugin causes this.
/// </param>
/// <param name="Waiting">Not attached yet because they are new.</param>
/// <param name="Failing">The kernel refused; retried.</param>
/// <param name="Restored">
/// Number of times that an attachment was restored because a qdisc or filter was removed or another filter came first.
/// </param>
internal readonly record struct AttachmentState(
    int Attached, int OneDirection, int Preceded, int Unobserved, int Waiting, int Failing, long Restored)
{
    /// <summary>Converts to the relay's message; <see cref="Attached"/> has its own field in the batch.</summary>
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
