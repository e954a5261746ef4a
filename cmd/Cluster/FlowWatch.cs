using System.Runtime.CompilerServices;
using Depmap.Common;
using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Objects;
using Depmap.V1;

namespace Depmap.Plugin.Cluster;

/// <summary>Reads flows. If the connection to the relay is lost, it reconnects and continues after the last flow.</summary>
/// <param name="log">Called with a line for the user when the connection changes.</param>
internal sealed class FlowWatch(RelaySource source, TimeProvider timeProvider, Action<string> log)
{
    // Long enough for another node to pull the image.
    private static readonly TimeSpan ReconnectTimeout = TimeSpan.FromMinutes(5);

    private readonly Backoff _backoff = new(TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(5), Random.Shared);

    /// <exception cref="RelayException">The relay cannot be reached, or the connection is lost and cannot be restored.</exception>
    public async IAsyncEnumerable<ObserveResponse> ObserveAsync(
        ObserveRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var point = new ResumePoint(request, timeProvider.UnixNanoseconds());
        LostReport? lost = null;
        Relay relay = await source.OpenAsync(cancellationToken);
        if (UnobservedNodes.Describe(
            (int)relay.Status.Nodes, [.. relay.Status.UnobservedNodes.Select(node => (node.Name, node.Reason))]) is { } unobserved)
        {
            log(unobserved);
        }

        bool showsPast = request is not { HasLast: true, Last: 0 };
        if (showsPast && ObservationGaps.Describe(relay.Status.Gaps.Where(gap => gap.ToUnixNs >= request.SinceUnixNs)) is { } gaps)
            log(gaps);
        try
        {
            ObserveRequest next = point.NextRequest(relay.Status);
            while (true)
            {
                await using IAsyncEnumerator<ObserveResponse> responses =
                    relay.ObserveAsync(next, cancellationToken).GetAsyncEnumerator(cancellationToken);
                while (await MoveNextAsync(responses, canReconnect: request.Follow && source.CanReconnect) is { } moved)
                {
                    if (!moved)
                        yield break;
                    _backoff.Reset();
                    ObserveResponse response = responses.Current;
                    // Each call starts with the totals of lost data, which may be unchanged.
                    if (response.Flow is { } flow ? point.IsNew(flow) : !response.Lost.Equals(lost))
                        yield return response;
                    lost = response.Lost ?? lost;
                }

                log($"lost the connection to the relay {relay.Name}, reconnecting");
                relay.Dispose();
                relay = await ReconnectAsync(cancellationToken);
                next = point.NextRequest(relay.Status);
                log(point.IsOtherRelay
                    ? $"connected to the relay {relay.Name}, which has restarted: flows that only the previous relay had are missing"
                    : $"connected to the relay {relay.Name} again, continuing after the last flow");
            }
        }
        finally
        {
            relay.Dispose();
        }
    }

    /// <returns>Null if the connection is lost and may be restored.</returns>
    private static async Task<bool?> MoveNextAsync(IAsyncEnumerator<ObserveResponse> responses, bool canReconnect)
    {
        try
        {
            return await responses.MoveNextAsync();
        }
        catch (RelayException e) when (canReconnect && !e.IsFinal)
        {
            return null;
        }
    }

    private async Task<Relay> ReconnectAsync(CancellationToken cancellationToken)
    {
        long start = timeProvider.GetTimestamp();
        string? lastMessage = null;
        while (true)
        {
            await Task.Delay(_backoff.Next(), timeProvider, cancellationToken);
            try
            {
                return await source.OpenAsync(cancellationToken);
            }
            catch (Exception e) when (e is ApiException or RelayException { IsFinal: false }
                && timeProvider.GetElapsedTime(start) < ReconnectTimeout)
            {
                if (e.Message != lastMessage)
                    log(lastMessage = e.Message);
            }
        }
    }
}
