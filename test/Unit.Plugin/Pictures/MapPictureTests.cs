using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Depmap.Plugin.Maps;
using Depmap.Plugin.Output;
using Depmap.Plugin.Pictures;
using Depmap.V1;

namespace Depmap.Plugin.Tests.Pictures;

/// <summary>The map as DOT, Mermaid, SVG and HTML.</summary>
public sealed partial class MapPictureTests
{
    /// <summary>What could end a string, a tag or a line in one of the formats.</summary>
    private static readonly string[] Hostile =
    [
        "\"]; evil [label=\"x", "\\", "\\\"", "a\nb", "<script>alert(1)</script>", "</script><img src=x onerror=alert(1)>", "<!--", "]]>",
        "&lt;", "`**bold**`", "#quot;", "end", "subgraph", "%%{init: {}}%%", "\u2028", "\u202egnp.exe", "\e[31m", "\0", "\ud800",
        "{{script}}",
        "a]b)c}d|e", "=cmd()", "ж日本😀",
    ];

    private static readonly string Caption = MapCaption.Of(
        new MapPeriod(Examples.Time, Depmap.Common.UnixTime.Of(PluginRun.Now)),
        ["edges not shown: 3 of probes (--include-probes)", "lost: 2 flow updates at the agents' ring buffers"]);

    private static Edge[] HostileEdges =>
    [
        .. Hostile.Select((name, i) => new Edge
        {
            Source = new Endpoint { Namespace = name, Workload = $"Deployment/{name}" },
            Destination = i % 2 == 0
                ? new Endpoint { Name = name, Port = 443 }
                : new Endpoint { Namespace = "a" + name, Service = name, Port = 80 },
            Protocol = Protocol.Tcp, Forwarded = 1, Dropped = 1,
            Drops = { new DropCount { Reason = DropReason.Kernel, Detail = name, Count = 1 } },
        }),
    ];

    [Fact]
    public Task Dot_has_a_cluster_for_each_namespace() => Snapshot.Match(MapDot.Write([.. Examples.Edges], Caption));

    [Fact]
    public Task Mermaid_has_a_subgraph_for_each_namespace() => Snapshot.Match(MapMermaid.Write([.. Examples.Edges], Caption));

    [Fact]
    public Task Svg_is_a_drawing() => Snapshot.Match(MapSvg.Write([.. Examples.Edges], Caption));

    [Fact]
    public Task Html_has_data_for_the_page() => Snapshot.Match(PageData.Write(MapGraph.Of([.. Examples.Edges])).Replace("],", "],\n"));

    [Fact]
    public void Html_says_in_its_head_which_time_it_counts()
    {
        string html = MapHtml.Write([.. Examples.Edges], Caption);
        Assert.Contains(
            "<span class=\"muted\">Counted from 2026-05-04 10:11:12 to 2026-05-04 10:15:00 UTC; edges not shown: 3 of probes "
            + "(--include-probes); lost: 2 flow updates at the agents&#39; ring buffers</span>",
            html);
        Assert.Contains("<span class=\"muted\"></span>", MapHtml.Write([.. Examples.Edges]));
    }

    [Fact]
    public void No_caption_ends_a_comment_a_tag_or_a_place_to_fill()
    {
        string caption = MapCaption.Of(default, [string.Join(' ', Hostile), "{{data}}"]);
        foreach (string text in (string[])[MapDot.Write([], caption), MapMermaid.Write([], caption)])
            Assert.Equal(text.Split('\n').Length, text.Split('\n').Distinct().Count());
        Assert.Single(MapDot.Write([], caption).Split('\n'), line => line.Contains("evil", StringComparison.Ordinal));
        Assert.Single(MapMermaid.Write([], caption).Split('\n'), line => line.Contains("evil", StringComparison.Ordinal));
        string svg = MapSvg.Write([.. Examples.Edges], caption), html = MapHtml.Write([.. Examples.Edges], caption);
        Assert.DoesNotContain("script", XDocument.Parse(svg).Descendants().Select(element => element.Name.LocalName));
        Assert.Equal(2, Regex.Count(html, "<script", RegexOptions.IgnoreCase));
        Assert.DoesNotContain("<img", html);
        JsonDocument.Parse(Data().Match(html).Groups[1].Value).Dispose();
        foreach (string text in (string[])[MapDot.Write([], caption), MapMermaid.Write([], caption), svg, html])
            Assert.DoesNotMatch("[\u001b\u202e\u2028]", text);
    }

    [Fact]
    public async Task A_map_to_pass_on_says_which_time_it_counts_and_what_it_hides()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.Map.Edges.AddRange(Examples.Edges);
        relay.Map.HiddenProbes = 3;
        relay.Map.CountedFromUnixNs = Examples.Time;
        foreach (string format in (string[])["html", "svg", "markdown", "dot", "mermaid"])
        {
            string output = (await PluginRun.Of("map", "--relay", relay.Address, "-o", format)).Output;
            string text = output.Replace("\\", "").Replace("&#58;", ":");
            Assert.Contains("Counted from 2026-05-04 10:11:12 to 2026-05-04 10:15:00 UTC; edges not shown: 3 of", Joined(text));
        }

        // A text of an SVG is a line.
        static string Joined(string text) => Regex.Replace(text, "</text>\n<text [^>]*>", " ");
    }

    [Fact]
    public void The_order_of_the_edges_does_not_matter()
    {
        Edge[] edges = [.. Examples.Edges];
        Edge[] reversed = [.. edges.Reverse()];
        Assert.Equal(MapDot.Write(edges), MapDot.Write(reversed));
        Assert.Equal(MapSvg.Write(edges), MapSvg.Write(reversed));
        Assert.Equal(MapMermaid.Write(edges), MapMermaid.Write(reversed));
        Assert.Equal(MapHtml.Write(edges), MapHtml.Write(reversed));
    }

    [Fact]
    public void A_service_and_its_workload_are_one_node()
    {
        MapGraph graph = MapGraph.Of(
        [
            Edge(Workload("web"), Service("cart", "Deployment/cart-server")),
            Edge(Workload("web"), Service("cart", "")),
            Edge(Workload("cart-server"), Service("redis", "")),
        ]);
        Assert.Equal(["cart-server", "redis", "web"], graph.Nodes.Select(node => node.Name));
        Assert.Equal([(0, 1), (2, 0)], graph.Lines.Select(line => (line.Source, line.Target)));
        Assert.Equal(2, graph.Lines[1].Edges.Count);
    }

    [Fact]
    public void Ends_of_every_kind_are_drawn()
    {
        Endpoint[] ends =
        [
            new() { Namespace = "shop" }, new() { Node = "node-a" }, new() { Ip = "192.0.2.1" }, new() { Name = "outside" }, new(),
            new() { Namespace = "shop", Pod = "web-0" },
        ];
        Edge[] edges = [.. ends.Select(end => Edge(Workload("web"), end)), new Edge { Forwarded = 1 }];
        Assert.Equal(
            ["192.0.2.1", "?", "node-a", "outside", "shop", "web", "web-0"],
            MapGraph.Of(edges).Nodes.Select(node => node.Name).Order(StringComparer.Ordinal));
        XDocument.Parse(MapSvg.Write(edges));
    }

    [Fact]
    public async Task Graphviz_reads_any_name()
    {
        using var folder = new TemporaryFolder();
        string file = folder.Write("map.dot", MapDot.Write(HostileEdges));
        using JsonDocument drawing = JsonDocument.Parse((await Run.ScriptAsync($"dot -Tjson '{file}'")).Succeeded());
        string[] labels =
        [
            .. drawing.RootElement.GetProperty("objects").EnumerateArray()
                .Where(item => !item.TryGetProperty("nodes", out _))
                .Select(item => item.GetProperty("label").GetString()!.Replace("&amp;", "&").Replace(@"\\", "\\")),
        ];
        string[] names = [.. MapGraph.Of(HostileEdges).Nodes.Select(node => node.Name)];
        Assert.Equal(names.Order(StringComparer.Ordinal), labels.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Svg_is_XML_with_any_name()
    {
        XDocument svg = XDocument.Parse(MapSvg.Write(HostileEdges));
        string[] names = [.. svg.Descendants().Select(element => element.Name.LocalName).Distinct()];
        Assert.Empty(names.Intersect(["script", "image", "img", "a", "foreignObject"]));
        Assert.DoesNotContain(
            svg.Descendants().Attributes(), attribute => attribute.Name.LocalName.StartsWith("on", StringComparison.Ordinal));
    }

    [Fact]
    public void Html_has_its_two_scripts_and_valid_data_with_any_name()
    {
        string html = MapHtml.Write(HostileEdges);
        Assert.Equal(2, Regex.Count(html, "<script", RegexOptions.IgnoreCase));
        Assert.Equal(2, Regex.Count(html, "</script", RegexOptions.IgnoreCase));
        Assert.DoesNotContain("<!--", html);
        Assert.DoesNotContain("<img", html);
        string data = Data().Match(html).Groups[1].Value;
        Assert.DoesNotContain('<', data);
        Assert.DoesNotContain('\u2028', data);
        using JsonDocument json = JsonDocument.Parse(data);
        Assert.Equal(HostileEdges.Length, json.RootElement.GetProperty("edges").GetArrayLength());
    }

    [Fact]
    public void No_picture_has_control_or_bidirectional_characters()
    {
        foreach (string text in (string[])[MapDot.Write(HostileEdges), MapMermaid.Write(HostileEdges), MapSvg.Write(HostileEdges)])
            Assert.DoesNotMatch("[\0\u001b\u202e\u2028]", text);
    }

    [Fact]
    public void Pages_and_pictures_refer_to_nothing_outside()
    {
        string svg = MapSvg.Write([.. Examples.Edges]).Replace("xmlns=\"http://www.w3.org/2000/svg\"", "");
        string html = MapHtml.Write([.. Examples.Edges]).Replace("'http://www.w3.org/2000/svg'", "");
        Assert.DoesNotMatch(Reference(), svg);
        Assert.DoesNotMatch(Reference(), html);
        Assert.Contains("default-src 'none'", html);
        Assert.DoesNotContain("unsafe", html);
    }

    [Fact]
    public void A_large_map_is_folded()
    {
        Edge[] edges = Large(1_000, 3_000);
        Assert.Contains("Namespaces are folded.", MapSvg.Write(edges));
        string chart = MapMermaid.Write(edges);
        Assert.Equal(500, Regex.Count(chart, "-->|-.->"));
        Assert.Contains("lines with the least traffic are left out.", chart);
        Assert.Equal("Namespaces", PageViews.Of(MapGraph.Of(edges))[0].Title);
    }

    [Fact]
    public void Each_group_of_a_large_map_has_a_view_with_all_of_its_lines()
    {
        MapGraph graph = MapGraph.Of(Large(400, 1_500));
        foreach (PageView view in PageViews.Of(graph).Where(view => view.Focus >= 0))
        {
            int[] members = [.. graph.Nodes.Index().Where(node => node.Item.Group == view.Focus).Select(node => node.Index)];
            Assert.Equal(members, view.View.Items.Where(item => item.Box == view.Focus).Select(item => item.Node));
            Assert.Equal(
                graph.Lines.Count(line => members.Contains(line.Source) || members.Contains(line.Target)),
                view.View.Lines.Sum(line => line.Lines.Count));
        }
    }

    [Fact]
    public void The_page_of_1000_workloads_and_10000_edges_has_at_most_5_MB()
    {
        Assert.InRange(MapHtml.Write(Large(1_000, 10_000)).Length, 100_000, 5_000_000);
    }

    [Fact]
    public void A_map_without_edges_is_an_empty_picture()
    {
        XDocument.Parse(MapSvg.Write([]));
        Assert.StartsWith("digraph depmap {", MapDot.Write([]));
        Assert.StartsWith("flowchart LR\n", MapMermaid.Write([]));
        Assert.Contains("\"nodes\":[]", MapHtml.Write([]));
    }

    [Theory]
    [InlineData("short", 8, "short")]
    [InlineData("a-very-long-name", 9, "a-ve…name")]
    [InlineData("😀😀😀😀😀", 5, "😀…😀")]
    public void Long_names_are_shortened_in_the_middle(string text, int length, string shortened) =>
        Assert.Equal(shortened, PictureText.Shortened(text, length));

    [Theory]
    [InlineData(0UL, 1.25)]
    [InlineData(1024UL, 1.25)]
    [InlineData(1UL << 33, 6)]
    [InlineData(ulong.MaxValue, 6)]
    public void The_width_of_a_line_has_limits(ulong bytes, double width) =>
        Assert.Equal(width, new Depmap.Plugin.Pictures.Traffic(1, 0, bytes).LineWidth);

    private static Edge[] Large(int nodes, int edges) =>
    [
        .. Layout.LayoutGraphs.Services(nodes, edges, 40).Edges.Select(edge => Edge(
            new Endpoint { Namespace = $"team-{edge.Source / 25}", Workload = $"Deployment/app-{edge.Source}" },
            new Endpoint
            {
                Namespace = $"team-{edge.Target / 25}", Service = $"app-{edge.Target}", Workload = $"Deployment/app-{edge.Target}",
            })),
    ];

    private static Edge Edge(Endpoint source, Endpoint destination) =>
        new() { Source = source, Destination = destination, Protocol = Protocol.Tcp, Forwarded = 1 };

    private static Endpoint Workload(string name) => new() { Namespace = "shop", Workload = $"Deployment/{name}" };

    private static Endpoint Service(string name, string workload) =>
        new() { Namespace = "shop", Service = name, Workload = workload, Port = 80 };

    [GeneratedRegex("<script type=\"application/json\" id=\"data\">(.*?)</script>", RegexOptions.Singleline)]
    private static partial Regex Data();

    [GeneratedRegex("(?i)https?:|//[a-z]|@import|url\\((?!#)|src=|<link|<iframe|<object|import\\(|fetch\\(|XMLHttpRequest")]
    private static partial Regex Reference();
}
