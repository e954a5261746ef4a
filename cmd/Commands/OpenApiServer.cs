using System.CommandLine;
using Depmap.Plugin.Cluster.Api;

namespace Depmap.Plugin.Commands;

/// <summary>Connects to the cluster that the command line chooses.</summary>
/// <exception cref="ApiException">It cannot be reached.</exception>
internal delegate Task<IApiServer> OpenApiServer(ParseResult parse, CancellationToken cancellation);
