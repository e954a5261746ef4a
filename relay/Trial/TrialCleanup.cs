using System.Net;
using Depmap.Relay.Options;

namespace Depmap.Relay.Trial;

/// <summary>
/// Deletes the relay's namespace at the end of a trial, whatever became of the plugin that began it. The rest of the
/// installation names that namespace as its owner, so Kubernetes removes it too.
/// </summary>
/// <param name="api">Asks the API server as this pod.</param>
internal sealed partial class TrialCleanup(TrialDeadline term, HttpClient api, TimeProvider timeProvider, ILogger<TrialCleanup> log) : BackgroundService
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1); // a clock that was set is noticed
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken cancellationToken)
    {
        try
        {
            for (TimeSpan left; (left = term.End - timeProvider.GetUtcNow()) > TimeSpan.Zero;)
                await Task.Delay(left < LongestPause ? left : LongestPause, timeProvider, cancellationToken);
            while (!await TryDeleteAsync(cancellationToken))
                await Task.Delay(PauseAfterFailure, timeProvider, cancellationToken);
            LogEnded(log, term.Namespace);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The relay ends before the trial does: the next one goes on.
        }
    }

    private async Task<bool> TryDeleteAsync(CancellationToken cancellationToken)
    {
        try
        {
            using HttpResponseMessage answer = await api.DeleteAsync($"/api/v1/namespaces/{term.Namespace}", cancellationToken);
            // Conflict: it is being deleted already.
            if (answer.IsSuccessStatusCode || answer.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Conflict)
                return true;
            LogRefused(log, term.Namespace, $"HTTP {(int)answer.StatusCode}");
        }
        catch (Exception e) when (e is HttpRequestException or IOException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            LogRefused(log, term.Namespace, e.Message);
        }

        return false;
    }

    [LoggerMessage(1, LogLevel.Information, "the trial is over: namespace {Namespace} is being deleted")]
    private static partial void LogEnded(ILogger log, string @namespace);

    [LoggerMessage(2, LogLevel.Warning, "the trial is over, but namespace {Namespace} could not be deleted: {Reason}; tried again")]
    private static partial void LogRefused(ILogger log, string @namespace, string reason);
}
