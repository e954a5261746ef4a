using System.CommandLine;
using Depmap.Plugin.Cluster.Api;

namespace Depmap.Plugin.Options;

/// <summary>Connects to the cluster that the command line selects.</summary>
/// <exception cref="ApiException">The cluster cannot be reached.</exception>
internal delegate Task<IApiServer> OpenApiServer(ParseResult parse, CancellationToken cancellationToken);
