using Depmap.Common.Options;
using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Shell;
using Depmap.V1;

namespace Depmap.Plugin.Cluster;

/// <summary>Opens a relay: at a fixed address, or in the pod that the cluster currently runs it in.</summary>
internal sealed class RelaySource
{
    private readonly Func<CancellationToken, Task<RelayRoute>> _find;

    private RelaySource(Func<CancellationToken, Task<RelayRoute>> find, bool canReconnect, string ns, string name) =>
        (_find, CanReconnect, Namespace, Name) = (find, canReconnect, ns, name);

    /// <summary>The context of the kubeconfig, or the relay's address.</summary>
    public string Name { get; }

    /// <summary>Whether another pod may be found after the connection is lost.</summary>
    public bool CanReconnect { get; }

    /// <summary>The context's namespace, for names without one.</summary>
    public string Namespace { get; }

    public static RelaySource At(HostPort address) =>
        new(_ => Task.FromResult(RelayRoute.To(address)), canReconnect: false, "default", address.ToString());

    /// <param name="ns">The namespace to search; null for all that the user may list.</param>
    public static RelaySource InCluster(IApiServer server, string? ns, ProgramName program)
    {
        var finder = new RelayFinder(server, ns, program);
        return new RelaySource(
            async cancellationToken => RelayRoute.To(await finder.FindAsync(cancellationToken), server),
            canReconnect: true,
            server.Namespace,
            server.Context.Length > 0 ? server.Context : "cluster");
    }

    /// <summary>Finds the relay, connects and waits for its first response.</summary>
    /// <exception cref="RelayException">The relay is not found or cannot be reached.</exception>
    /// <exception cref="ApiException">The API server did not respond.</exception>
    public async Task<Relay> OpenAsync(CancellationToken cancellationToken) =>
        await Relay.OpenAsync(await _find(cancellationToken), cancellationToken);

    /// <summary>Finds the relay and asks it for names.</summary>
    /// <exception cref="RelayException">The relay is not found or cannot be reached, or is older than this request.</exception>
    /// <exception cref="ApiException">The API server did not respond.</exception>
    public async Task<NamesResponse> GetNamesAsync(NamesRequest request, CancellationToken cancellationToken) =>
        await Relay.GetNamesAsync(await _find(cancellationToken), request, cancellationToken);
}
