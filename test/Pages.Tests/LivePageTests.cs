using System.Text.Json;
using Depmap.Plugin.Tests;
using Xunit.Abstractions;

namespace Depmap.Pages.Tests;

/// <summary>The live page of <c>ui</c> with maps of several sizes in a browser. The lab's tests have its use.</summary>
public sealed class LivePageTests(ITestOutputHelper output)
{
    /// <summary>Half of what a screen shows: a picture that moves still looks smooth.</summary>
    private const int MinFramesPerSecond = 30;

    [Theory]
    [InlineData(10)]
    [InlineData(100)]
    [InlineData(1_000)]
    public async Task Maps_of_any_size_move_smoothly(int services)
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.Map.Edges.AddRange(Maps.Services(services));
        using RunningPlugin ui = await RunningPlugin.StartAsync(relay.Address);

        JsonElement results = await Browser.RunAsync("check-ui-speed.mjs", ui.Link, Browser.Pictures, $"ui-{services}");
        JsonElement[] views = [.. results.EnumerateArray()];

        output.WriteLine(string.Join('\n', views));
        Assert.Equal("[]", views[^1].GetProperty("messages").ToString());
        Assert.NotEmpty(views[..^1]);
        Assert.All(views[..^1], view => Assert.InRange(view.GetProperty("framesPerSecond").GetInt32(), MinFramesPerSecond, 1_000));
    }
}
