using Depmap.Plugin.Layout;

namespace Depmap.Plugin.Tests.Layout;

/// <summary>Measures processor time, so no other test may run beside these.</summary>
[CollectionDefinition(nameof(LayoutTimeTests), DisableParallelization = true)]
[Collection(nameof(LayoutTimeTests))]
public sealed class LayoutTimeTests
{
    // It takes 0.8 s and 1.4 s. The limits leave room for the compiler, which runs meanwhile, and for slower machines.
    [Theory]
    [InlineData(1_000, 3_000, 3)]
    [InlineData(1_000, 10_000, 6)]
    public void A_large_graph_takes_a_second_or_so(int nodes, int edges, int seconds)
    {
        LayoutGraph graph = LayoutGraphs.Services(nodes, edges, groups: 40);
        TimeSpan before = Environment.CpuUsage.UserTime;
        LayeredLayout.Draw(graph);
        TimeSpan taken = Environment.CpuUsage.UserTime - before;
        Assert.True(taken < TimeSpan.FromSeconds(seconds), $"{taken}");
    }
}
