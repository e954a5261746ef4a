namespace Depmap.Relay.Tests.Certificates;

/// <summary>A clock that the test moves; its timers are faster by a factor.</summary>
internal sealed class MovableClock(double factor) : TimeProvider
{
    private readonly AcceleratedClock _timers = new(factor);
    private long _ahead;

    public void Move(TimeSpan by) => Interlocked.Add(ref _ahead, by.Ticks);

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddTicks(Interlocked.Read(ref _ahead));

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        _timers.CreateTimer(callback, state, dueTime, period);
}
