using Depmap.Relay.History;
using Depmap.V1;
using static Depmap.Relay.Tests.Running.FakeAgent;

namespace Depmap.Relay.Tests.Running;

public sealed class HistoryTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task With_a_folder_the_map_goes_on_after_a_restart()
    {
        long from = await CountAsync(1UL);

        Assert.Equal(from, await CountAsync(2UL));
    }

    [Fact]
    public async Task Without_a_folder_the_map_counts_since_the_start_of_the_relay()
    {
        long before = TimeProvider.System.UnixNanoseconds();
        await using RunningRelay relay = await RunningRelay.Start();
        MapResponse map = await relay.Queries.GetMapAsync(new MapRequest());
        Assert.InRange(map.CountedFromUnixNs, before, TimeProvider.System.UnixNanoseconds());
        Assert.Equal((0, ""), (map.CountedUntilUnixNs, map.HistoryProblem));

        using var agent = new FakeAgent(relay, epoch: 1);
        await agent.Hello();
        await agent.Send(1, new Lost(), FakeAgent.CreateSighting(1, 4001));
        Assert.Single((await relay.Queries.GetMapAsync(new MapRequest())).Edges);
        MapResponse earlier = await relay.Queries.GetMapAsync(new MapRequest { UntilUnixNs = before });
        Assert.Empty(earlier.Edges);
        Assert.Equal(map.CountedFromUnixNs, earlier.CountedFromUnixNs);
        Assert.InRange(earlier.CountedUntilUnixNs, 1, TimeProvider.System.UnixNanoseconds());
    }

    [Fact]
    public async Task A_problem_of_the_history_is_reported_and_the_map_works()
    {
        File.WriteAllText(Path.Combine(_folder.Path, HistoryFile.Name), new string('x', 5000));
        await using RunningRelay relay = await RunningRelay.Start(persist: _folder.Path);
        Assert.Contains("was set aside as", (await relay.Queries.GetStatusAsync(new StatusRequest())).HistoryProblem);
        MapResponse map = await relay.Queries.GetMapAsync(new MapRequest());
        Assert.Contains("was set aside as", map.HistoryProblem);
        Assert.Empty(map.Edges);
    }

    /// <summary>Runs a relay that receives one flow, and returns since when its map counts.</summary>
    private async Task<long> CountAsync(ulong expected)
    {
        await using RunningRelay relay = await RunningRelay.Start(persist: _folder.Path);
        using (var agent = new FakeAgent(relay))
        {
            await agent.Hello();
            Sighting sighting = CreateSighting(expected, 4000 + (uint)expected);
            sighting.OpenedUnixNs = sighting.LastUnixNs = TimeProvider.System.UnixNanoseconds();
            await agent.Send(1, null, sighting);
        }

        MapResponse map = await relay.Queries.GetMapAsync(new MapRequest());
        Assert.Equal(expected, Assert.Single(map.Edges).Forwarded);
        await relay.Stop();
        return map.CountedFromUnixNs;
    }
}
