using System.CommandLine;
using Depmap.Common.Options;
using Depmap.Plugin.Cluster;
using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Shell;

namespace Depmap.Plugin.Options;

/// <summary>The options that select a relay: the address in <c>--server</c>, else the relay in the cluster.</summary>
internal sealed class RelayOptions(ServerOption server, OpenApiServer open, ProgramName program)
{
    public const string NamespaceOption = "--depmap-namespace";

    private readonly Option<string?> _namespace = new(NamespaceOption)
    {
        HelpName = "NAME",
        Description = "The relay's namespace. (default all namespaces, or depmap if you may not list pods in all)",
    };

    public void AddTo(Command command) => command.Add(_namespace);

    /// <summary>The error is a complete message.</summary>
    /// <exception cref="ApiException">The cluster cannot be reached.</exception>
    public async Task<Parsed<RelaySource>> ReadAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        if (!server.IsGiven(parse))
            return RelaySource.InCluster(await open(parse, cancellationToken), parse.GetValue(_namespace), program);
        Parsed<HostPort> address = server.Read(parse);
        return address.Error is { } error ? Parsed<RelaySource>.Invalid(error) : RelaySource.At(address.Value);
    }
}
