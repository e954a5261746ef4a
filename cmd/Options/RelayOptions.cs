using System.CommandLine;
using Depmap.Common.Options;
using Depmap.Plugin.Cluster;
using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Shell;

namespace Depmap.Plugin.Options;

/// <summary>The options that select a relay: the address in <c>--relay</c>, else the relay in the cluster.</summary>
internal sealed class RelayOptions(RelayAddressOption address, OpenApiServer open, ProgramName program)
{
    private readonly DepmapNamespaceOption _namespace = new("all namespaces, or depmap if you may not list pods in all");

    private readonly HashSet<Command> _commands = [];

    public void AddTo(Command command)
    {
        _commands.Add(command);
        _namespace.AddTo(command);
    }

    /// <summary>Whether a command reads from the relay.</summary>
    public bool IsUsedBy(Command command) => _commands.Contains(command);

    /// <summary>The error is a complete message.</summary>
    /// <exception cref="ApiException">The cluster cannot be reached.</exception>
    public async Task<Parsed<RelaySource>> ReadAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        if (!address.IsGiven(parse))
            return RelaySource.InCluster(await open(parse, cancellationToken), _namespace.Read(parse), program);
        Parsed<HostPort> given = address.Read(parse);
        return given.Error is { } error ? Parsed<RelaySource>.Invalid(error) : RelaySource.At(given.Value);
    }
}
