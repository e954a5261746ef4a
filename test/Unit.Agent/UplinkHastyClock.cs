namespace Depmap.Agent.Tests;

/// <summary>A clock whose timers run out so many times sooner; its time stamps are the real ones.</summary>
internal sealed class UplinkHastyClock(double times) : TimeProvider
{
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        new Hasty(System.CreateTimer(callback, state, Sooner(dueTime), Sooner(period)), this);

    private TimeSpan Sooner(TimeSpan time) => time == Timeout.InfiniteTimeSpan ? time : time / times;

    private sealed class Hasty(ITimer timer, UplinkHastyClock clock) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => timer.Change(clock.Sooner(dueTime), clock.Sooner(period));

        public void Dispose() => timer.Dispose();

        public ValueTask DisposeAsync() => timer.DisposeAsync();
    }
}
