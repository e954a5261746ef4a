using System.Globalization;
using Depmap.Common.Options;

namespace Depmap.Relay.Options;

/// <summary>When a trial installation is deleted.</summary>
/// <param name="Namespace">The relay's namespace; everything else in the installation is deleted with it.</param>
/// <param name="End">The latest time.</param>
/// <param name="AfterFirstQuery">How long after the first query, if that is earlier; null for no such limit.</param>
internal sealed record TrialDeadline(string Namespace, DateTimeOffset End, TimeSpan? AfterFirstQuery)
{
    /// <summary>Parses <c>NAMESPACE@TIME[,DURATION]</c>; null for an empty string.</summary>
    public static Parsed<TrialDeadline?> Parse(string text)
    {
        if (text.Length == 0)
            return new Parsed<TrialDeadline?>(null, null);
        if (text.Split('@', ',') is [{ Length: > 0 } ns, var time, .. { Length: <= 1 } duration]
            && DateTimeOffset.TryParseExact(
                time, "yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset end))
        {
            if (duration.Length == 0)
                return new TrialDeadline(ns, end, null);
            if (GoDuration.TryParse(duration[0], out TimeSpan afterFirstQuery))
                return new TrialDeadline(ns, end, afterFirstQuery);
        }

        return Parsed<TrialDeadline?>.Invalid("use NAMESPACE@TIME[,DURATION], such as depmap@2026-05-04T10:00:00Z,10m");
    }
}
