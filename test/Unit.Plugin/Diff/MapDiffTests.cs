using CsCheck;
using Depmap.Plugin.Diff;
using Depmap.Plugin.Output;
using static Depmap.Plugin.Tests.Diff.DiffExamples;

namespace Depmap.Plugin.Tests.Diff;

public sealed class MapDiffTests
{
    private static readonly Gen<(EdgeFields[] Edges, int Width)> Edges = Gen.Select(
        Gen.Select(
            Gen.String[Gen.Char["abc-日"], 1, 40], Gen.String[Gen.Char["ab \n"], 1, 2], Gen.Bool,
            Gen.Bool, Gen.ULong,
            (client, server, isStateful, isProbe, dropped) => Edge(client, server, dropped, dropped, "TIMEOUT") with
            {
                Source = End() with { Namespace = "shop", Workload = $"{(isStateful ? "StatefulSet" : "Deployment")}/{client}" },
                Probe = isProbe,
            }).Array[1, 12],
        Gen.Int[20, 200]);

    private static IReadOnlyList<EdgeChange> Changes => MapDiff.Compare(Before, After, []);

    [Fact]
    public Task Table_has_a_line_for_each_edge_that_differs() => Snapshot.Match(DiffTable.Write(Changes));

    [Fact]
    public Task Failing_edges_are_red_on_a_terminal() => Snapshot.Match(DiffTable.Write(Changes, new TableStyle(HasColor: true)));

    [Fact]
    public void No_row_is_longer_than_the_window_and_rows_that_differ_stay_different() => Edges.Sample(sample =>
    {
        (EdgeFields[] edges, int width) = sample;
        IReadOnlyList<EdgeChange> changes = MapDiff.Compare([], edges, []);
        string[] whole = Lines(default), narrow = Lines(new TableStyle(width));
        Assert.Equal(changes.Count + 1, whole.Distinct().Count());
        Assert.All(narrow, line => Assert.InRange(DisplayWidth.Of(line), 1, width));
        if (width >= 70)
            Assert.Equal(changes.Count + 1, narrow.Distinct().Count());

        string[] Lines(TableStyle style) => DiffTable.Write(changes, style).TrimEnd('\n').Split('\n');
    });

    [Fact]
    public void Rows_of_workloads_of_one_name_name_the_kind_which_patterns_match_too()
    {
        EdgeFields service = Edge("web", "cart");
        EdgeFields workload = service with { Destination = service.Destination! with { Service = null, Workload = "Deployment/cart" } };
        IReadOnlyList<EdgeChange> changes = MapDiff.Compare([], [service, workload], []);
        string table = DiffTable.Write(changes);
        Assert.Contains(" shop/deployment/web   shop/service/cart ", table);
        Assert.Contains(" shop/deployment/web   shop/deployment/cart ", table);
        Assert.Contains("`shop/deployment/cart`", DiffMarkdown.Write(changes));
        EdgeChange left = Assert.Single(MapDiff.Compare([], [service, workload], [IgnorePattern.Parse("shop/deployment/cart:80").Value]));
        Assert.Equal("service", left.Id.Server.Kind);
    }

    [Fact]
    public Task Json_has_the_counts_of_both_maps() => Snapshot.Match(DiffJson.Write(Changes));

    [Fact]
    public Task Markdown_is_a_table() => Snapshot.Match(DiffMarkdown.Write(Changes));

    [Fact]
    public void A_map_equals_itself_in_any_order()
    {
        Assert.Empty(MapDiff.Compare(Before, Before.Reverse(), []));
        Assert.Equal("{\n  \"equal\": true,\n  \"changes\": []\n}\n", DiffJson.Write([]));
        Assert.Equal("No differences.\n", DiffMarkdown.Write([]));
    }

    [Theory]
    [InlineData(100, 300, ChangeKind.Changed)]
    [InlineData(300, 100, ChangeKind.Changed)]
    [InlineData(100, 299, null)]
    [InlineData(49, 148, null)]
    [InlineData(49, 149, ChangeKind.Changed)]
    [InlineData(0, 100, ChangeKind.Changed)]
    [InlineData(0, 99, null)]
    public void Connections_change_a_lot_by_a_factor_and_a_floor(int before, int after, object? kind)
    {
        EdgeChange? change = MapDiff.Compare(
            [Edge("web", "cart", forwarded: (ulong)before)], [Edge("web", "cart", forwarded: (ulong)after)], []).SingleOrDefault();
        Assert.Equal(kind, change?.Kind);
    }

    [Theory]
    [InlineData(0, 1, 5, 1, ChangeKind.Failing)]
    [InlineData(5, 1, 0, 1, ChangeKind.Recovered)]
    [InlineData(5, 0, 0, 0, null)]
    [InlineData(5, 1, 6, 1, null)]
    [InlineData(5, 1, 500, 1, ChangeKind.Changed)]
    public void Drops_that_begin_or_end_are_named(int droppedBefore, int before, int droppedAfter, int after, object? kind)
    {
        EdgeChange? change = MapDiff.Compare(
            [Edge("web", "cart", (ulong)before, (ulong)droppedBefore)], [Edge("web", "cart", (ulong)after, (ulong)droppedAfter)], [])
            .SingleOrDefault();
        Assert.Equal(kind, change?.Kind);
    }

    [Fact]
    public void Edges_are_the_same_by_service_whatever_workload_is_behind_it_and_differ_by_port_protocol_and_probe()
    {
        EdgeFields edge = Edge("web", "cart");
        Assert.Empty(MapDiff.Compare([edge], [edge with { Destination = edge.Destination! with { Workload = "Deployment/cart" } }], []));
        EdgeFields[] others =
        [
            edge with { Destination = edge.Destination! with { Port = 81 } },
            edge with { Protocol = "UDP" },
            edge with { Probe = true },
            edge with { Depmap = true },
            edge with { Source = End() with { Namespace = "shop", Workload = "StatefulSet/web" } },
            edge with { Source = End() with { Node = "web" } },
            edge with { Source = End() with { Zone = "web" } },
            edge with { Source = End() with { Namespace = "shop" } },
        ];
        Assert.All(others, other => Assert.Equal(
            [ChangeKind.New, ChangeKind.Gone], MapDiff.Compare([edge], [other], []).Select(change => change.Kind)));
    }

    [Fact]
    public void Edges_of_one_map_that_are_the_same_add_up()
    {
        EdgeFields many = Edge("web", "cart", forwarded: ulong.MaxValue);
        EdgeChange change = Assert.Single(MapDiff.Compare([Edge("web", "cart", 20), Edge("web", "cart", 30)], [many, many], []));
        Assert.Equal((50UL, ulong.MaxValue), (change.Before!.Forwarded, change.After!.Forwarded));
    }

    [Theory]
    [InlineData("shop/*", true)]
    [InlineData("shop/cart", true)]
    [InlineData("shop/cart:80", true)]
    [InlineData("*:80", true)]
    [InlineData("shop/we?", true)]
    [InlineData("shop/web->shop/cart", true)]
    [InlineData("shop/web -> *:80", true)]
    [InlineData("*", true)]
    [InlineData("shop/web:80", false)]
    [InlineData("shop", false)]
    [InlineData("cart", false)]
    [InlineData("Shop/*", false)]
    [InlineData("shop/cart->shop/web", false)]
    [InlineData("*:53", false)]
    public void Patterns_match_the_ends_of_an_edge(string pattern, bool isIgnored) => Assert.Equal(
        isIgnored ? 0 : 1, MapDiff.Compare([Edge("web", "cart")], [], [IgnorePattern.Parse(pattern).Value]).Count);

    [Theory]
    [InlineData("")]
    [InlineData("->")]
    [InlineData("a->")]
    [InlineData("a->b->c")]
    public void Patterns_without_an_end_are_refused(string pattern) => Assert.NotNull(IgnorePattern.Parse(pattern).Error);

    [Fact]
    public void Hostile_names_stay_within_their_cell_in_each_format()
    {
        EdgeFields edge = Edge("web", DiffExamples.Hostile) with { Source = End() with { Name = DiffExamples.Hostile } };
        IReadOnlyList<EdgeChange> changes = MapDiff.Compare([], [edge], []);

        string[] outputs = [DiffTable.Write(changes), DiffMarkdown.Write(changes), DiffJson.Write(changes)];
        Assert.All(outputs, output => Assert.DoesNotContain(output, letter => letter is '\e' or '\u202E'));
        Assert.Equal(2, DiffTable.Write(changes).Count(letter => letter == '\n'));
        string row = DiffMarkdown.Write(changes).Split('\n')[2];
        Assert.StartsWith("| new | ``` a\\|b`c``<img", row);
        Assert.Equal(DiffTable.Columns.Count + 1, row.Replace("\\|", "", StringComparison.Ordinal).Count(letter => letter == '|'));
    }
}
