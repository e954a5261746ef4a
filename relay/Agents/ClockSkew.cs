namespace Depmap.Relay.Agents;

/// <summary>
/// How far an agent's clock is ahead of the relay's. The time a message travels makes the agent's clock appear to be behind,
/// so the maximum difference of the current and the previous minute is used. Times are Unix nanoseconds.
/// </summary>
internal readonly record struct ClockSkew
{
    private readonly long _periodStart, _current, _previous;

    private ClockSkew(long periodStart, long current, long previous) =>
        (_periodStart, _current, _previous) = (periodStart, current, previous);

    /// <summary>In nanoseconds, negative if the agent's clock is behind; null before the first message.</summary>
    public long? Nanoseconds => _periodStart == 0 ? null : Math.Max(_current, _previous);

    public ClockSkew With(long sent, long received)
    {
        long ahead = sent - received;
        if (_periodStart == 0 || received - _periodStart >= 2 * UnixTime.Minute)
            return new ClockSkew(received, ahead, long.MinValue);
        return received - _periodStart >= UnixTime.Minute
            ? new ClockSkew(received, ahead, _current)
            : new ClockSkew(_periodStart, Math.Max(_current, ahead), _previous);
    }
}
