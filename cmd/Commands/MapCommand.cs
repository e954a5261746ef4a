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

    private static readonly Choice<Format> formats = new(("table", Format.Table), ("json", Format.Json));

    private readonly Option<Format> output = TypedOption.One(
        ["--output", "-o"], formats.Names, "table: for people. json: one object with all edges. (default table)", formats.Read, Format.Table);

    private readonly Option<bool> probes = new("--probes")
    {
        Description = "Also the probes of kubelets to the pods of their node.",
    };

    private readonly FilterOptions filter = new();
    private readonly RelayOptions relays;
    private readonly Terminal terminal;

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
        this.relays = relays;
        this.terminal = terminal;
        filter.AddTo(this, withPods: false);
        Add(probes);
        Add(output);
        relays.AddTo(this);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parse, CancellationToken cancellation)
    {
        var request = new MapRequest { Filter = filter.Read(parse), Probes = parse.GetValue(probes) };
        Reading<RelaySource> source = await relays.ReadAsync(parse, cancellation);
        if (source.Problem is { } problem)
            return terminal.Fail(problem);

        using Relay relay = await source.Value.OpenAsync(cancellation);
        MapResponse map = await relay.GetMapAsync(request, cancellation);

        if (parse.GetValue(output) == Format.Json)
            terminal.Print(MapJson.Write(map.Edges));
        else if (map.Edges.Count > 0)
            terminal.Print(MapTable.Write(map.Edges, terminal.Clock.GetUtcNow()));
        else
            terminal.Error.WriteLine("No edges found."); // as kubectl: not a result, not an error

        if (LostLine.Describe(map.Lost, map.UnmappedFlows) is { } lost)
            terminal.Error.WriteLine(lost);
        return ExitCode.Success;
    }
}
