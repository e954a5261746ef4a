namespace Depmap.Relay.History;

/// <summary>Records each minute when it has ended, and the last one, as far as it went, when the relay stops.</summary>
internal sealed class HistoryRecorder(EdgeHistory history, TimeProvider timeProvider) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            DateTimeOffset minute = StartOfMinute(timeProvider.GetUtcNow());
            try
            {
                await Task.Delay(minute.AddMinutes(1) - timeProvider.GetUtcNow(), timeProvider, cancellationToken);
            }
            catch (OperationCanceledException)
            {
                history.Record(StartOfMinute(timeProvider.GetUtcNow()));
                return;
            }

            history.Record(minute);
        }
    }

    private static DateTimeOffset StartOfMinute(DateTimeOffset time) =>
        new(time.Ticks - (time.Ticks % TimeSpan.TicksPerMinute), time.Offset);
}
