namespace Depmap.Relay.History;

/// <summary>What growth is recorded for.</summary>
internal enum PeriodLength
{
    Minute,
    Hour,
}
