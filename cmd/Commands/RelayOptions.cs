using System.CommandLine;
using Depmap.Plugin.Cluster;
using Depmap.Plugin.Cluster.Api;

namespace Depmap.Plugin.Commands;

/// <summary>Which relay to ask: the one that <c>--server</c> names, or else the cluster's.</summary>
internal sealed class RelayOptions(ServerOption server, OpenApiServer open)
{
    /// <summary>Also said by commands that run others.</summary>
    public const string NamespaceOption = "--depmap-namespace";

    private readonly Option<string?> _space = new(NamespaceOption)
    {
        HelpName = "NAME",
        Description = "Where to look for the relay. (default wherever you may list pods, or depmap)",
    };

    public void AddTo(Command command) => command.Add(_space);

    /// <summary>The problem is a whole sentence.</summary>
    /// <exception cref="ApiException">There is no cluster to look in.</exception>
    public async Task<Reading<RelaySource>> ReadAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        if (!server.IsGiven(parse))
            return RelaySource.In(await open(parse, cancellationToken), parse.GetValue(_space));
        Reading<RelayAddress> address = server.Read(parse);
        return address.Problem is { } problem ? Reading<RelaySource>.Wrong(problem) : RelaySource.At(address.Value);
    }
}
