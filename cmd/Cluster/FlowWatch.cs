using System.Runtime.CompilerServices;
using Depmap.Common;
using Depmap.Plugin.Cluster.Api;
using Depmap.V1;

namespace Depmap.Plugin.Cluster;

/// <summary>Follows flows; when the relay is lost, finds it again and goes on after the last flow seen.</summary>
/// <param name="say">Told what happens, a line each.</param>
internal sealed class FlowWatch(RelaySource source, TimeProvider timeProvider, Action<string> say)
{
    // An image may have to be pulled on another node.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly Backoff _backoff = new(TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(5), Random.Shared);

    /// <exception cref="RelayException">There is none, it is lost and not to be looked for, or it stays away.</exception>
    public async IAsyncEnumerable<ObserveResponse> ObserveAsync(
        ObserveRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var place = new ResumePoint(request, (timeProvider.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100);
        LostReport? lost = null;
        Relay relay = await source.OpenAsync(cancellationToken);
        try
        {
            ObserveRequest next = place.Request(relay.Status);
            while (true)
            {
                await using IAsyncEnumerator<ObserveResponse> responses = relay.ObserveAsync(next, cancellationToken).GetAsyncEnumerator(cancellationToken);
                while (await MoveNextAsync(responses, mayReturn: request.Follow && source.IsLookedFor) is { } moved)
                {
                    if (!moved)
                        yield break;
                    _backoff.Reset();
                    ObserveResponse response = responses.Current;
                    // Each call begins with the totals.
                    if (response.Flow is { } flow ? place.IsNew(flow) : !response.Lost.Equals(lost))
                        yield return response;
                    lost = response.Lost ?? lost;
                }

                say($"lost the relay {relay.Name}, looking for it again");
                relay.Dispose();
                relay = await FindAgainAsync(cancellationToken);
                next = place.Request(relay.Status);
                say(place.IsOther
                    ? $"going on with the relay {relay.Name}, which has started anew: what only the one before knew is missing"
                    : $"going on with the relay {relay.Name}, after the last flow seen");
            }
        }
        finally
        {
            relay.Dispose();
        }
    }

    /// <returns>Null where the relay was lost, and may be found again.</returns>
    private static async Task<bool?> MoveNextAsync(IAsyncEnumerator<ObserveResponse> responses, bool mayReturn)
    {
        try
        {
            return await responses.MoveNextAsync();
        }
        catch (RelayException failure) when (mayReturn && !failure.IsFinal)
        {
            return null;
        }
    }

    private async Task<Relay> FindAgainAsync(CancellationToken cancellationToken)
    {
        long start = timeProvider.GetTimestamp();
        string? said = null;
        while (true)
        {
            await Task.Delay(_backoff.Next(), timeProvider, cancellationToken);
            try
            {
                return await source.OpenAsync(cancellationToken);
            }
            catch (Exception failure) when (failure is ApiException or RelayException { IsFinal: false } && timeProvider.GetElapsedTime(start) < Patience)
            {
                if (failure.Message != said)
                    say(said = failure.Message);
            }
        }
    }
}
