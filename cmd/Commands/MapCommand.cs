using System.CommandLine;
using Depmap.Common.Options;
using Depmap.Plugin.Cluster;
using Depmap.Plugin.Options;
using Depmap.Plugin.Output;
using Depmap.Plugin.Shell;
using Depmap.V1;

namespace Depmap.Plugin.Commands;

/// <summary>Prints the dependency map.</summary>
internal sealed class MapCommand : Command
{
    private enum Format { Table, Json }

    private static readonly Choice<Format> Formats = new(("table", Format.Table), ("json", Format.Json));

    private readonly Option<Format> _output = ParsedOption.WithDefault(
        ["--output", "-o"], Formats.Names, "table: for people. json: one object with all edges.", Formats.Parse, "table");

    private readonly Option<bool> _probes = new("--probes")
    {
        Description = "Include the kubelets' probes of the pods on their node.",
    };

    private readonly FilterOptions _filter = new();
    private readonly RelayOptions _relay;
    private readonly Terminal _terminal;

    public MapCommand(ProgramName program, RelayOptions relay, Terminal terminal)
        : base(
            "map",
            $"""
            Print which service depends on which, on which port, and what fails.

            Each line is an edge: all connections from one client to one server port since the relay started. To give
            several values, separate them with commas or repeat the flag.

            Examples:
              # Everything in the namespace shop
              {program} map -n shop

              # The clients of the service cart
              {program} map --service shop/cart

              # Edges with failed connections, for a script
              {program} map --verdict DROPPED -o json | jq -c '.edges[]'
            """)
    {
        _relay = relay;
        _terminal = terminal;
        _filter.AddTo(this, withPods: false);
        Add(_probes);
        Add(_output);
        relay.AddTo(this);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        var request = new MapRequest { Filter = _filter.Read(parse), Probes = parse.GetValue(_probes) };
        Parsed<RelaySource> source = await _relay.ReadAsync(parse, cancellationToken);
        if (source.Error is { } error)
            return _terminal.Fail(error);

        using Relay relay = await source.Value.OpenAsync(cancellationToken);
        MapResponse map = await relay.GetMapAsync(request, cancellationToken);

        if (parse.GetValue(_output) == Format.Json)
            _terminal.Print(MapJson.Write(map.Edges));
        else if (map.Edges.Count > 0)
            _terminal.Print(MapTable.Write(map.Edges, _terminal.TimeProvider.GetUtcNow()));
        else
            _terminal.Error.WriteLine("No edges found."); // like kubectl: neither a result nor an error

        if (LostLine.Describe(map.Lost, map.UnmappedFlows) is { } lost)
            _terminal.Error.WriteLine(lost);
        return ExitCode.Success;
    }
}
