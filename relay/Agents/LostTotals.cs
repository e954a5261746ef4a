using Depmap.V1;

namespace Depmap.Relay.Agents;

/// <summary>Numbers of records that agents know they have lost.</summary>
internal readonly record struct LostTotals(
    ulong Moments, ulong Evictions, ulong Drops, ulong Connections, ulong Answers, ulong HostConnections)
{
    // No agent loses more. Sums of what thousands of agents report do not overflow.
    private const ulong Max = 1UL << 48;

    public static LostTotals Of(Lost? lost) => lost is null
        ? default
        : new(
            Math.Min(lost.Moments, Max),
            Math.Min(lost.Evictions, Max),
            Math.Min(lost.Drops, Max),
            Math.Min(lost.Connections, Max),
            Math.Min(lost.Answers, Max),
            Math.Min(lost.HostConnections, Max));

    public static LostTotals operator +(LostTotals a, LostTotals b) =>
        new(
            a.Moments + b.Moments,
            a.Evictions + b.Evictions,
            a.Drops + b.Drops,
            a.Connections + b.Connections,
            a.Answers + b.Answers,
            a.HostConnections + b.HostConnections);

    public Lost ToMessage() => new()
    {
        Moments = Moments,
        Evictions = Evictions,
        Drops = Drops,
        Connections = Connections,
        Answers = Answers,
        HostConnections = HostConnections,
    };
}
