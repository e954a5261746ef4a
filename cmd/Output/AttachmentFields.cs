using Depmap.V1;

namespace Depmap.Plugin.Output;

/// <summary>The JSON fields of an agent's attachments.</summary>
internal sealed record AttachmentFields(uint OneDirection, uint Preceded, uint Unobserved, uint Waiting, uint Failing, ulong Restored)
{
    public static AttachmentFields Of(Attachments attachments) => new(
        attachments.OneDirection,
        attachments.Preceded,
        attachments.Unobserved,
        attachments.Waiting,
        attachments.Failing,
        attachments.Restored);
}
