using Depmap.V1;

namespace Depmap.Relay.Agents;

/// <summary>Numbers of records that agents know they have lost.</summary>
internal readonly record struct LostTotals(
    ulong Moments, ulong Evictions, ulong Drops, ulong Sightings, ulong Answers, ulong HostConnections)
{
    public static LostTotals Of(Lost? lost) => lost is null
        ? default
        : new(lost.Moments, lost.Evictions, lost.Drops, lost.Sightings, lost.Answers, lost.HostConnections);

    public static LostTotals operator +(LostTotals a, LostTotals b) =>
        new(
            a.Moments + b.Moments,
            a.Evictions + b.Evictions,
            a.Drops + b.Drops,
            a.Sightings + b.Sightings,
            a.Answers + b.Answers,
            a.HostConnections + b.HostConnections);

    public Lost ToMessage() => new()
    {
        Moments = Moments,
        Evictions = Evictions,
        Drops = Drops,
        Sightings = Sightings,
        Answers = Answers,
        HostConnections = HostConnections,
    };
}
