namespace Depmap.Relay.Agents;

/// <summary>
/// How far an agent's clock is ahead of the relay's. The time a message travels makes the agent's clock appear to be behind,
/// so the maximum difference of the current and the previous minute is used. Times are Unix nanoseconds.
/// </summary>
internal readonly record struct ClockSkew
{
    // Smaller differences are within what the join allows for.
    private const long MinCorrection = 2 * UnixTime.Second;

    // An agent gives up a stream that acknowledges nothing for 15 s: no message takes longer.
    private const long MaxDelay = 15 * UnixTime.Second;

    private readonly long _periodStart, _current, _previous;

    // The first of several messages that agree on an earlier time: the clock was set back, unless the first was only late.
    private readonly (long Received, long Ahead) _earlier;

    private ClockSkew(long periodStart, long current, long previous, (long Received, long Ahead) earlier = default) =>
        (_periodStart, _current, _previous, _earlier) = (periodStart, current, previous, earlier);

    /// <summary>In nanoseconds, negative if the agent's clock is behind; null before the first message.</summary>
    public long? Nanoseconds => _periodStart == 0 ? null : Math.Max(_current, _previous);

    /// <summary>
    /// What to subtract from the agent's times, in nanoseconds; 0 for clocks that agree. No message arrives before it was sent, so a
    /// clock ahead is certain. A clock that appears to be behind may be due to slow messages: it is corrected if they would have to
    /// be slower than any message is, or if none was faster for more than a minute.
    /// </summary>
    public long Correction => Nanoseconds switch
    {
        >= MinCorrection or <= -MaxDelay => Nanoseconds.Value,
        <= -MinCorrection when _previous != long.MinValue => Nanoseconds.Value,
        _ => 0,
    };

    /// <param name="sent">By the agent's clock.</param>
    /// <param name="received">By the relay's clock.</param>
    /// <param name="isFresh">Whether the relay waited for the message. If not, the message may have waited for the relay.</param>
    public ClockSkew With(long sent, long received, bool isFresh = true)
    {
        if (sent is <= 0 or >= UnixTime.Max || (!isFresh && _periodStart != 0))
            return this;
        long ahead = sent - received;
        if (_periodStart == 0 || received - _periodStart >= 2 * UnixTime.Minute)
            return new ClockSkew(received, ahead, long.MinValue);
        if (ahead < Nanoseconds - MaxDelay)
            return WithEarlier(ahead, received);
        return received - _periodStart >= UnixTime.Minute
            ? new ClockSkew(received, ahead, _current)
            : new ClockSkew(_periodStart, Math.Max(_current, ahead), _previous);
    }

    private ClockSkew WithEarlier(long ahead, long received)
    {
        if (_earlier.Received == 0 || Math.Abs(ahead - _earlier.Ahead) > UnixTime.Second)
            return new ClockSkew(_periodStart, _current, _previous, (received, ahead));
        // Messages that were held up arrive together, and differ by the time between them.
        return received - _earlier.Received < 2 * UnixTime.Second ? this : new ClockSkew(received, ahead, long.MinValue);
    }
}
