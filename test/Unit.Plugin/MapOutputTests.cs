using Depmap.Plugin.Output;
using Depmap.V1;

namespace Depmap.Plugin.Tests;

public sealed class MapOutputTests
{
    [Fact]
    public Task Table_has_aligned_columns() => Snapshot.Match(MapTable.Write(Examples.Edges, PluginRun.Now));

    [Fact]
    public Task Json_is_one_object() => Snapshot.Match(MapJson.Write(Examples.Edges));

    [Fact]
    public void Table_has_one_word_per_column_in_each_row()
    {
        string[] lines = MapTable.Write(Examples.Edges, PluginRun.Now).TrimEnd('\n').Split('\n');
        Assert.Equal(1 + Examples.Edges.Count(), lines.Length);
        Assert.All(lines[1..], line => Assert.Equal(11, line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length));
    }

    [Fact]
    public void Table_is_never_truncated()
    {
        Edge edge = Examples.Edges.First();
        edge.Source.Workload = "Deployment/" + new string('w', 253);
        edge.Destination.Service = new string('s', 63);
        string row = MapTable.Write([edge], PluginRun.Now).Split('\n')[1];
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

    [Fact]
    public void A_map_without_edges_is_an_object() => Assert.Equal("{\n  \"edges\": []\n}\n", MapJson.Write([]));

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
        var report = new LostReport { Agents = new Lost { Moments = 1, Evictions = 2, Drops = 3, Sightings = 4 }, Reader = 5 };
        Assert.Equal(
            "lost: 1 openings and closings at the agents' ring buffers, 2 flow updates at the agents' ring buffers, "
            + "3 drops at the agents' ring buffers, 4 sightings that agents could not hold for the relay, "
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
