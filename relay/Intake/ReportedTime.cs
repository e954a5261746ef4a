namespace Depmap.Relay.Intake;

/// <summary>
/// Checks the times in a report. A time that no packet can have would end in wrong names, or in an overflow: it makes the report
/// invalid, and costs the agent that report only. The others are converted to the relay's clock.
/// </summary>
/// <param name="received">When the batch arrived, Unix nanoseconds by the relay's clock.</param>
/// <param name="correction">What to subtract from the agent's times, in nanoseconds.</param>
internal readonly struct ReportedTime(long received, long correction = 0)
{
    // Nothing is reported before it happens. An hour allows for a clock that is wrong by that much.
    private const long MaxAhead = 60 * UnixTime.Minute;

    /// <summary>Returns false for a time that no packet can have.</summary>
    public bool TryRead(long reported, out long time)
    {
        time = 0;
        if (reported is < 0 or >= UnixTime.Max)
            return false;
        time = reported - correction;
        return time >= 0 && time <= received + MaxAhead;
    }
}
