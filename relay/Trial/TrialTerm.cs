using System.Globalization;
using Depmap.Common.Options;

namespace Depmap.Relay.Trial;

/// <summary>Until when an installation may live that was made for a quick look.</summary>
/// <param name="Namespace">The relay's own; all that belongs to the installation goes with it.</param>
internal sealed record TrialTerm(string Namespace, DateTimeOffset End)
{
    /// <summary><c>NAMESPACE@TIME</c>; null for the empty text.</summary>
    public static Parsed<TrialTerm?> Parse(string text)
    {
        if (text.Length == 0)
            return new Parsed<TrialTerm?>(null, null);
        if (text.Split('@') is [{ Length: > 0 } space, var time]
            && DateTimeOffset.TryParseExact(
                time, "yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset end))
        {
            return new TrialTerm(space, end);
        }

        return Parsed<TrialTerm?>.Invalid("use NAMESPACE@TIME, such as depmap@2026-05-04T10:00:00Z");
    }
}
