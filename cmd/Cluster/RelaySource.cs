using Depmap.Plugin.Cluster.Api;

namespace Depmap.Plugin.Cluster;

/// <summary>Where the relay is to be had: at an address, or wherever the cluster runs it now.</summary>
internal sealed class RelaySource
{
    private readonly Func<CancellationToken, Task<RelayRoute>> _find;

    private RelaySource(Func<CancellationToken, Task<RelayRoute>> find, bool isLookedFor) => (_find, IsLookedFor) = (find, isLookedFor);

    /// <summary>Another may be found when one is lost.</summary>
    public bool IsLookedFor { get; }

    public static RelaySource At(RelayAddress address) => new(_ => Task.FromResult(RelayRoute.To(address)), isLookedFor: false);

    /// <param name="space">The namespace to look in; null for all that the user may see.</param>
    public static RelaySource In(IApiServer server, string? space)
    {
        var finder = new RelayFinder(server, space);
        return new RelaySource(async cancellation => RelayRoute.To(await finder.FindAsync(cancellation), server), isLookedFor: true);
    }

    /// <summary>Finds it and waits for its first answer.</summary>
    /// <exception cref="RelayException">There is none.</exception>
    /// <exception cref="ApiException">The API server gave no answer.</exception>
    public async Task<Relay> OpenAsync(CancellationToken cancellationToken) => await Relay.OpenAsync(await _find(cancellationToken), cancellationToken);
}
