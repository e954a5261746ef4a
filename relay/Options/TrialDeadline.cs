using System.Globalization;

namespace Depmap.Relay.Options;

/// <summary>Until when an installation may live that was made for a quick look.</summary>
/// <param name="Namespace">The relay's own; all that belongs to the installation goes with it.</param>
internal sealed record TrialDeadline(string Namespace, DateTimeOffset End)
{
    /// <summary><c>NAMESPACE@TIME</c>; null for the empty text.</summary>
    public static string? Read(string text, out TrialDeadline? value)
    {
        value = null;
        if (text.Length == 0)
            return null;
        if (text.Split('@') is [{ Length: > 0 } space, var time]
            && DateTimeOffset.TryParseExact(
                time, "yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset end))
        {
            value = new TrialDeadline(space, end);
        }

        return value is null ? "is not NAMESPACE@TIME, such as depmap@2026-05-04T10:00:00Z" : null;
    }
}
