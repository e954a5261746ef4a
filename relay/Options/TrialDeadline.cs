using System.Globalization;
using Depmap.Common.Options;

namespace Depmap.Relay.Options;

/// <summary>When a trial installation is deleted.</summary>
/// <param name="Namespace">The relay's namespace; everything else in the installation is deleted with it.</param>
internal sealed record TrialDeadline(string Namespace, DateTimeOffset End)
{
    /// <summary>Parses <c>NAMESPACE@TIME</c>; null for an empty string.</summary>
    public static Parsed<TrialDeadline?> Parse(string text)
    {
        if (text.Length == 0)
            return new Parsed<TrialDeadline?>(null, null);
        if (text.Split('@') is [{ Length: > 0 } ns, var time]
            && DateTimeOffset.TryParseExact(
                time, "yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset end))
        {
            return new TrialDeadline(ns, end);
        }

        return Parsed<TrialDeadline?>.Invalid("use NAMESPACE@TIME, such as depmap@2026-05-04T10:00:00Z");
    }
}
