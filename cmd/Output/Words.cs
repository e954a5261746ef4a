using Depmap.V1;

namespace Depmap.Plugin.Output;

/// <summary>The output words for the enums of the API in proto/.</summary>
internal static class Words
{
    /// <returns>Null if it is unspecified; a number for a value that only newer relays know.</returns>
    public static string? Of(Verdict verdict) => verdict switch
    {
        Verdict.Unspecified => null,
        Verdict.Forwarded => "FORWARDED",
        Verdict.Dropped => "DROPPED",
        _ => verdict.ToString("D"),
    };

    /// <inheritdoc cref="Of(Verdict)"/>
    public static string? Of(Protocol protocol) => protocol switch
    {
        Protocol.Unspecified => null,
        Protocol.Tcp => "TCP",
        Protocol.Udp => "UDP",
        _ => protocol.ToString("D"),
    };

    /// <inheritdoc cref="Of(Verdict)"/>
    public static string? Of(DropExplanation explanation) => explanation switch
    {
        DropExplanation.Unspecified => null,
        DropExplanation.None => "none",
        DropExplanation.ByPlace => "by_place",
        DropExplanation.ByReason => "by_reason",
        _ => explanation.ToString("D"),
    };

    /// <summary>The reason and the detail of a drop. For a reason that only the kernel names, the reason is that name.</summary>
    public static (string? Reason, string? Detail) Of(DropReason reason, string detail)
    {
        string? known = detail.Length > 0 ? detail : null;
        return reason switch
        {
            DropReason.Unspecified => (null, known),
            DropReason.Policy => ("POLICY", known),
            DropReason.Refused => ("REFUSED", known),
            DropReason.Timeout => ("TIMEOUT", known),
            DropReason.Unreachable => ("UNREACHABLE", known),
            DropReason.NoEndpoints => ("NO_ENDPOINTS", known),
            DropReason.Kernel => (known ?? "KERNEL", null),
            _ => (reason.ToString("D"), known),
        };
    }
}
