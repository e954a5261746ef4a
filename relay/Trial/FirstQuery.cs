namespace Depmap.Relay.Trial;

/// <summary>When a reader first asked for flows or the map. The time of a trial counts from then.</summary>
internal sealed class FirstQuery(TimeProvider timeProvider)
{
    private readonly TaskCompletionSource<DateTimeOffset> _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<DateTimeOffset> Time => _asked.Task;

    public void Note() => _asked.TrySetResult(timeProvider.GetUtcNow());
}
