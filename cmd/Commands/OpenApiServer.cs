using System.CommandLine;
using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Cluster.Kubeconfig;

namespace Depmap.Plugin.Commands;

/// <summary>Connects to the cluster that the command line chooses.</summary>
/// <exception cref="ApiException">It cannot be reached.</exception>
internal delegate Task<IApiServer> OpenApiServer(ParseResult parse, CancellationToken cancellationToken);

/// <summary>Connects to a cluster.</summary>
/// <exception cref="ApiException">The kubeconfig does not say how.</exception>
internal delegate Task<IApiServer> ConnectApiServer(ClusterChoice choice, CancellationToken cancellationToken);
