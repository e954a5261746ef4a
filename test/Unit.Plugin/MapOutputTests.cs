using System.Globalization;
using System.Text;
using Depmap.Common;
using Depmap.Plugin.Commands;
using Depmap.Plugin.Maps;
using Depmap.Plugin.Output;
using Depmap.V1;

namespace Depmap.Plugin.Tests;

public sealed class MapOutputTests
{
    private static readonly List<Edge> Edges = [.. Examples.Edges];

    private static readonly MapPeriod Period = new(Examples.Time, UnixTime.Of(PluginRun.Now));

    private static readonly string Caption = MapCaption.Of(Period, ["edges not shown: 3 of probes (--include-probes)", null, ""]);

    /// <summary>Those that are text; pictures have tests of their own.</summary>
    public static TheoryData<string> Formats => [.. Enum.GetNames<MapFormat>().Except(["Dot", "Mermaid", "Svg", "Html"])];

    private static string Write(string format, IReadOnlyList<Edge> edges, TableStyle style = default) =>
        MapPrinter.Write(Enum.Parse<MapFormat>(format), edges, Period, Caption, PluginRun.Now, style);

    [Theory]
    [MemberData(nameof(Formats))]
    public Task Each_format_prints_all_edges(string format) => Snapshot.Match(Write(format, Edges), format);

    [Theory]
    [MemberData(nameof(Formats))]
    public Task Hostile_names_are_escaped(string format) => Snapshot.Match(Write(format, HostileEdges.All), format);

    [Theory]
    [MemberData(nameof(Formats))]
    public void No_format_prints_characters_that_a_terminal_acts_on(string format)
    {
        foreach (Rune rune in Write(format, HostileEdges.All).EnumerateRunes().Where(rune => rune.Value is not ('\n' or '\r')))
            Assert.False(Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format, $"{rune.Value:x}");
    }

    [Theory]
    [InlineData(160)]
    [InlineData(100)]
    [InlineData(80)]
    public Task A_narrow_window_leaves_out_columns_and_shortens_names(int width) =>
        Snapshot.Match(Write("Table", [.. Edges, .. HostileEdges.LongNames], new TableStyle(width)), $"{width}");

    [Fact]
    public Task Failing_edges_are_red_on_a_terminal() => Snapshot.Match(Write("Wide", Edges, new TableStyle(HasColor: true)));

    [Fact]
    public void Without_headings_there_are_only_rows()
    {
        Assert.StartsWith("shop/web ", Write("Table", Edges, new TableStyle(NoHeadings: true)));
        Assert.StartsWith("shop,deployment,web,", Write("Csv", Edges, new TableStyle(NoHeadings: true)));
    }

    [Fact]
    public void Table_has_one_word_per_column_in_each_row()
    {
        string[] lines = Write("Table", [.. Edges, .. HostileEdges.All]).TrimEnd('\n').Split('\n');
        Assert.Equal(1 + Edges.Count + HostileEdges.All.Count, lines.Length);
        Assert.All(lines[1..], line => Assert.Equal(11, line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length));
    }

    [Fact]
    public void Rows_that_would_look_the_same_name_the_kind()
    {
        Edge service = Edges[0], workload = service.Clone();
        workload.Destination = new Endpoint { Namespace = "shop", Workload = "Deployment/cart", Port = 80 };
        string[] rows = Write("Table", [service, workload, workload.Clone()]).TrimEnd('\n').Split('\n');
        Assert.Contains("shop/deployment/web   shop/service/cart ", rows[1]);
        Assert.Contains("shop/deployment/web   shop/deployment/cart ", rows[2]);
        Assert.Contains("shop/deployment/cart(2) ", rows[3]);
    }

    [Theory]
    [InlineData("outside", "", 1000, true, "outside(>1000-addresses)")]
    [InlineData("outside", "", 2, false, "outside(2-addresses)")]
    [InlineData("outside", "203.0.113.7", 1, false, "203.0.113.7")]
    [InlineData("office", "10.1.2.3", 1, false, "office(10.1.2.3)")]
    public void A_group_has_its_number_of_addresses_or_the_address(string name, string ip, uint count, bool more, string text) =>
        Assert.Equal(text, EndpointText.Edge(new Endpoint { Name = name, Ip = ip, AddressCount = count }, more));

    [Fact]
    public void Table_is_never_truncated_in_a_pipe()
    {
        Edge edge = Edges[0].Clone();
        edge.Source.Workload = "Deployment/" + new string('w', 253);
        edge.Destination.Service = new string('s', 63);
        string row = Write("Table", [edge]).TrimEnd('\n').Split('\n')[1];
        Assert.Contains("shop/" + new string('w', 253), row);
        Assert.EndsWith("59s", row);
    }

    [Fact]
    public void Table_adds_up_the_details_of_a_reason()
    {
        var edge = new Edge
        {
            Drops =
            {
                new DropCount { Reason = DropReason.Policy, Detail = "NETFILTER_DROP", Count = 3 },
                new DropCount { Reason = DropReason.Policy, Detail = "TC_INGRESS", Count = 4 },
            },
        };
        Assert.Contains(" POLICY:7 ", MapTable.Write([edge], PluginRun.Now));
    }

    [Theory]
    [InlineData(0UL, "")]
    [InlineData(850UL, "850ns")]
    [InlineData(180_900UL, "180µs")]
    [InlineData(12_340_000UL, "12.3ms")]
    [InlineData(1_500_000_000UL, "1.50s")]
    public void Durations_have_a_unit_and_few_digits(ulong nanoseconds, string text) => Assert.Equal(text, Quantity.Duration(nanoseconds));

    [Theory]
    [InlineData(0UL, "0B")]
    [InlineData(1023UL, "1023B")]
    [InlineData(1536UL, "1.5KiB")]
    [InlineData(5UL << 20, "5.0MiB")]
    [InlineData(3UL << 40, "3072.0GiB")]
    public void Bytes_use_powers_of_1024(ulong bytes, string text) => Assert.Equal(text, Quantity.Bytes(bytes));

    [Theory]
    [InlineData(-5, "0s")]
    [InlineData(119, "119s")]
    [InlineData(120, "2m")]
    [InlineData(7200, "2h")]
    [InlineData(172_800, "2d")]
    public void Ages_have_the_format_of_kubectl(int seconds, string text) =>
        Assert.Equal(text, Quantity.Age(TimeSpan.FromSeconds(seconds)));

    [Fact]
    public void Each_kind_of_lost_data_is_listed()
    {
        var report = new LostReport { Agents = new Lost { Moments = 1, Evictions = 2, Drops = 3, Connections = 4 }, Reader = 5 };
        Assert.Equal(
            "lost: 1 openings and closings at the agents' ring buffers, 2 flow updates at the agents' ring buffers, "
            + "3 drops at the agents' ring buffers, at most 4 connections and UDP conversations that agents had no room for, "
            + "5 flows this reader was too slow for, 6 flows the map had no room for",
            LostLine.Describe(report, unmapped: 6));
    }

    [Fact]
    public void Without_lost_data_there_is_no_line()
    {
        Assert.Null(LostLine.Describe(null));
        Assert.Null(LostLine.Describe(new LostReport { Agents = new Lost() }));
    }
}
