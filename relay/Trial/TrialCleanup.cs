using System.Net;
using Depmap.Relay.Cluster;
using Depmap.Relay.Options;

namespace Depmap.Relay.Trial;

/// <summary>
/// Deletes the relay's namespace at the end of a trial, even if the plugin that started it is gone. The other objects of
/// the installation have that namespace as their owner, so Kubernetes deletes them too.
/// </summary>
internal sealed partial class TrialCleanup(
    TrialDeadline deadline, FirstQuery firstQuery, ApiServer api, TimeProvider timeProvider, ILogger<TrialCleanup> log)
    : BackgroundService
{
    private static readonly TimeSpan MaxPause = TimeSpan.FromMinutes(1); // so that a changed clock is noticed
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken cancellationToken)
    {
        try
        {
            await WaitAsync(cancellationToken);
            while (!await TryDeleteAsync(cancellationToken))
                await Task.Delay(RetryDelay, timeProvider, cancellationToken);
            LogDeleting(log, deadline.Namespace);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The relay stops before the end of the trial: the next relay pod takes over.
        }
    }

    private async Task WaitAsync(CancellationToken cancellationToken)
    {
        for (TimeSpan left; (left = End() - timeProvider.GetUtcNow()) > TimeSpan.Zero;)
        {
            Task pause = Task.Delay(left < MaxPause ? left : MaxPause, timeProvider, cancellationToken);
            await (firstQuery.Time.IsCompleted ? pause : await Task.WhenAny(pause, firstQuery.Time));
        }
    }

    private DateTimeOffset End()
    {
        if (deadline.AfterFirstQuery is not { } duration || !firstQuery.Time.IsCompletedSuccessfully)
            return deadline.End;
        DateTimeOffset end = firstQuery.Time.Result + duration;
        return end < deadline.End ? end : deadline.End;
    }

    private async Task<bool> TryDeleteAsync(CancellationToken cancellationToken)
    {
        try
        {
            ApiResponse response = await api.SendAsync(
                HttpMethod.Delete, $"/api/v1/namespaces/{deadline.Namespace}", mergePatch: null, cancellationToken);
            // Conflict: the namespace is already being deleted.
            if (response.Ok || response.Status is HttpStatusCode.NotFound or HttpStatusCode.Conflict)
                return true;
            LogDeletionFailed(log, deadline.Namespace, $"HTTP {(int)response.Status}");
        }
        catch (ApiFailure failure)
        {
            LogDeletionFailed(log, deadline.Namespace, $"the API server {failure.Message}");
        }

        return false;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "the trial has ended: deleting namespace {Namespace}")]
    private static partial void LogDeleting(ILogger log, string @namespace);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "the trial has ended, but namespace {Namespace} cannot be deleted: {Reason}; retrying")]
    private static partial void LogDeletionFailed(ILogger log, string @namespace, string reason);
}
