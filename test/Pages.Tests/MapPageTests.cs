using System.Text.Json;
using Depmap.Plugin.Pictures;
using Depmap.V1;
using Xunit.Abstractions;

namespace Depmap.Pages.Tests;

/// <summary>The pages and charts of the map in a browser.</summary>
public sealed class MapPageTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Pages_work_by_keyboard_and_mouse_without_errors_requests_or_barriers()
    {
        using var folder = new TemporaryFolder();
        folder.Write("empty.html", MapHtml.Write([]));
        folder.Write("hostile.html", MapHtml.Write(Maps.Hostile));
        foreach (int count in (int[])[10, 100, 1_000])
            folder.Write($"services-{count}.html", MapHtml.Write(Maps.Services(count)));

        JsonElement results = await Browser.RunAsync("check-pages.mjs", folder.Path);

        foreach (string picture in Directory.GetFiles(folder.Path, "*.png"))
            File.Copy(picture, Path.Combine(Browser.Pictures, Path.GetFileName(picture)), overwrite: true);
        output.WriteLine(results.ToString());
        Assert.Equal(10, results.GetArrayLength()); // light and dark
        foreach (JsonElement page in results.EnumerateArray())
        {
            string name = $"{Text(page, "file")} ({Text(page, "scheme")})";
            Assert.Equal((name, ""), (name, string.Join('\n', Texts(page, "messages"))));
            Assert.Equal((name, ""), (name, string.Join('\n', Texts(page, "requests"))));
            Assert.Equal((name, ""), (name, string.Join('\n', Texts(page, "violations"))));
            if (Text(page, "file") != "empty.html")
                Used(page);
        }
    }

    [Fact]
    public async Task Mermaid_draws_the_charts()
    {
        using var folder = new TemporaryFolder();
        folder.Write("empty.mmd", MapMermaid.Write([]));
        folder.Write("hostile.mmd", MapMermaid.Write(Maps.Hostile));
        folder.Write("services.mmd", MapMermaid.Write(Maps.Services(100)));
        folder.Write("services-1000.mmd", MapMermaid.Write(Maps.Services(1_000)));

        JsonElement[] charts = [.. (await Browser.RunAsync("check-charts.mjs", folder.Path)).EnumerateArray()];

        Assert.All(charts, chart => Assert.Equal((Text(chart, "file"), ""), (Text(chart, "file"), Text(chart, "error"))));
        Assert.Equal(Names(Maps.Hostile), Texts(charts.Single(chart => Text(chart, "file") == "hostile.mmd"), "labels").Order());
        Assert.Equal(Names(Maps.Services(100)), Texts(charts.Single(chart => Text(chart, "file") == "services.mmd"), "labels").Order());
    }

    private static void Used(JsonElement page)
    {
        Assert.True(page.GetProperty("items").GetInt32() > 0);
        Assert.True(page.GetProperty("lines").GetInt32() > 0);
        Assert.Contains("Lines lead from the client to the server", Text(page, "overview"));
        Assert.Contains("Called by", Text(page, "node"));
        Assert.Contains("the server", Text(page, "line"));
        Assert.True(page.GetProperty("found").GetInt32() > 0);
        Assert.Equal(1, page.GetProperty("chosen").GetInt32());
        Assert.True(page.GetProperty("isZoomed").GetBoolean());
        Assert.All(page.GetProperty("views").EnumerateArray(), view => Assert.True(view.GetInt32() > 0));
    }

    private static IEnumerable<string> Names(Edge[] edges)
    {
        MapGraph graph = MapGraph.Of(edges);
        return MapView.Of(graph, group => FoldedGroups.IsLargeOutside(graph, group)).Items.Select(item => item.Name).Order();
    }

    private static string Text(JsonElement value, string field) => value.GetProperty(field).GetString()!;

    private static string[] Texts(JsonElement value, string field) =>
        [.. value.GetProperty(field).EnumerateArray().Select(text => text.GetString()!)];
}
