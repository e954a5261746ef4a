using Depmap.V1;

namespace Depmap.Plugin.Output;

/// <summary>The words of the contract's enums, as section 3 of the design defines them for all readers.</summary>
internal static class Words
{
    /// <returns>Null where unspecified; a number for a value that a newer relay knows.</returns>
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

    /// <summary>A drop's reason and its detail: a reason that only the kernel has a name for is that name.</summary>
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
