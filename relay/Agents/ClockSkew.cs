namespace Depmap.Relay.Agents;

/// <summary>
/// How far an agent's clock is ahead of the relay's. A message that took long makes it seem behind, so the largest
/// difference of this minute and the one before counts. Times are Unix nanoseconds.
/// </summary>
internal readonly record struct ClockSkew
{
    private readonly long _begun, _now, _before;

    private ClockSkew(long begun, long now, long before) => (_begun, _now, _before) = (begun, now, before);

    /// <summary>In nanoseconds, below 0 where the agent's is behind; null before the first message.</summary>
    public long? Nanoseconds => _begun == 0 ? null : Math.Max(_now, _before);

    public ClockSkew With(long sent, long received)
    {
        long ahead = sent - received;
        if (_begun == 0 || received - _begun >= 2 * UnixTime.Minute)
            return new ClockSkew(received, ahead, long.MinValue);
        return received - _begun >= UnixTime.Minute
            ? new ClockSkew(received, ahead, _now)
            : new ClockSkew(_begun, Math.Max(_now, ahead), _before);
    }
}
