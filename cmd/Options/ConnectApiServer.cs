using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Cluster.Kubeconfig;

namespace Depmap.Plugin.Options;

/// <summary>Connects to a cluster.</summary>
/// <exception cref="ApiException">The kubeconfig is missing or incomplete.</exception>
internal delegate Task<IApiServer> ConnectApiServer(ClusterChoice choice, CancellationToken cancellationToken);
