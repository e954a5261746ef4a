using System.CommandLine;
using Depmap.Common.Options;
using Depmap.V1;

namespace Depmap.Plugin.Options;

/// <summary><c>--drop-reason</c>: a word of Depmap, or the kernel's own name, of which there are hundreds.</summary>
internal static class DropReasonFlag
{
    private static readonly Choice<DropReason> Words = new(
        ("POLICY", DropReason.Policy), ("REFUSED", DropReason.Refused), ("TIMEOUT", DropReason.Timeout),
        ("UNREACHABLE", DropReason.Unreachable), ("NO_ENDPOINTS", DropReason.NoEndpoints));

    public static FilterFlag Create()
    {
        var flag = new FilterFlag(
            ["--drop-reason"],
            "REASON",
            $"Only flows dropped for this reason: {string.Join(", ", Words.Words)}, or the kernel's name, such as NETFILTER_DROP.",
            Parse);
        flag.Option.CompletionSources.Add([.. Words.Words]);
        return flag;
    }

    private static Parsed<Action<Filter>> Parse(string text)
    {
        (DropReason reason, string? error) = Words.Parse(text);
        if (error is null)
            return new Parsed<Action<Filter>>(filter => filter.DropReasons.Add(reason), null);
        bool isKernelName = text.Length > 0 && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '_');
        return isKernelName && NearestWord.Find(text, Words.Words) is null
            ? new Parsed<Action<Filter>>(filter => filter.DropDetails.Add(text), null)
            : Parsed<Action<Filter>>.Invalid(error.Replace("use ", "use a kernel's name, ", StringComparison.Ordinal));
    }
}
