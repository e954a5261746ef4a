namespace Depmap.Support;

/// <summary>A clock whose timers run faster by a factor; its time stamps are the real ones.</summary>
public sealed class AcceleratedClock(double factor) : TimeProvider
{
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        new Timer(System.CreateTimer(callback, state, Accelerate(dueTime), Accelerate(period)), this);

    private TimeSpan Accelerate(TimeSpan time) => time == Timeout.InfiniteTimeSpan ? time : time / factor;

    private sealed class Timer(ITimer timer, AcceleratedClock clock) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => timer.Change(clock.Accelerate(dueTime), clock.Accelerate(period));

        public void Dispose() => timer.Dispose();

        public ValueTask DisposeAsync() => timer.DisposeAsync();
    }
}
