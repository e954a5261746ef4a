using System.CommandLine;
using Depmap.Plugin.Cluster;
using Depmap.Plugin.Output;
using Depmap.Plugin.Shell;
using Depmap.V1;

namespace Depmap.Plugin.Commands;

/// <summary>Prints who depends on whom.</summary>
internal sealed class MapCommand : Command
{
    private enum Format { Table, Json }

    private static readonly Choice<Format> Formats = new(("table", Format.Table), ("json", Format.Json));

    private readonly Option<Format> _output = TypedOption.One(
        ["--output", "-o"], Formats.Names, "table: for people. json: one object with all edges. (default table)", Formats.Read, Format.Table);

    private readonly Option<bool> _probes = new("--probes")
    {
        Description = "Also the probes of kubelets to the pods of their node.",
    };

    private readonly FilterOptions _filter = new();
    private readonly RelayOptions _relays;
    private readonly Terminal _terminal;

    public MapCommand(string program, RelayOptions relays, Terminal terminal)
        : base(
            "map",
            $"""
            Print which service depends on which, over which port, and what fails.

            One line for all connections of one client to one served port since the relay started. A list may
            be written with commas or by repeating its flag.

            Examples:
              # Everything in the namespace shop
              {program} map -n shop

              # Who breaks if the service cart is restarted
              {program} map --service shop/cart

              # Edges with failures, for a script
              {program} map --verdict DROPPED -o json | jq -c '.edges[]'
            """)
    {
        _relays = relays;
        _terminal = terminal;
        _filter.AddTo(this, withPods: false);
        Add(_probes);
        Add(_output);
        relays.AddTo(this);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        var request = new MapRequest { Filter = _filter.Read(parse), Probes = parse.GetValue(_probes) };
        Reading<RelaySource> source = await _relays.ReadAsync(parse, cancellationToken);
        if (source.Problem is { } problem)
            return _terminal.Fail(problem);

        using Relay relay = await source.Value.OpenAsync(cancellationToken);
        MapResponse map = await relay.GetMapAsync(request, cancellationToken);

        if (parse.GetValue(_output) == Format.Json)
            _terminal.Print(MapJson.Write(map.Edges));
        else if (map.Edges.Count > 0)
            _terminal.Print(MapTable.Write(map.Edges, _terminal.TimeProvider.GetUtcNow()));
        else
            _terminal.Error.WriteLine("No edges found."); // as kubectl: not a result, not an error

        if (LostLine.Describe(map.Lost, map.UnmappedFlows) is { } lost)
            _terminal.Error.WriteLine(lost);
        return ExitCode.Success;
    }
}
