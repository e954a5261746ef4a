namespace Depmap.Relay.History;

/// <summary>Consecutive minutes or hours.</summary>
/// <param name="From">The first, in minutes or hours since 1970.</param>
/// <param name="To">The one after the last.</param>
internal readonly record struct PeriodRange(PeriodLength Length, long From, long To);
