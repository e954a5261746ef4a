using Depmap.Common.Options;
using Depmap.Relay.Cluster;
using Depmap.Relay.Options;
using Depmap.Relay.Tests.Cluster;
using Depmap.Relay.Trial;
using Microsoft.Extensions.Logging.Abstractions;

namespace Depmap.Relay.Tests.Trial;

public sealed class TrialTests
{
    private const string Usage = "use NAMESPACE@TIME[,DURATION], such as depmap@2026-05-04T10:00:00Z,10m";

    private readonly FirstQuery _firstQuery = new(TimeProvider.System);

    [Theory]
    [InlineData("depmap@2026-05-04T10:00:00Z", null)]
    [InlineData("depmap@2026-05-04T10:00:00Z,90s", null)]
    [InlineData("", null)]
    [InlineData("depmap", Usage)]
    [InlineData("@2026-05-04T10:00:00Z", Usage)]
    [InlineData("depmap@tomorrow", Usage)]
    [InlineData("depmap@2026-05-04T10:00:00Z,soon", Usage)]
    [InlineData("depmap@2026-05-04T10:00:00Z,90s,90s", Usage)]
    public void A_deadline_is_a_namespace_and_a_time(string text, string? error)
    {
        TimeSpan? duration = text.EndsWith(",90s", StringComparison.Ordinal) ? TimeSpan.FromSeconds(90) : null;
        TrialDeadline? deadline = text.Length > 0 && error is null
            ? new("depmap", new DateTimeOffset(2026, 5, 4, 10, 0, 0, TimeSpan.Zero), duration)
            : null;
        Assert.Equal(new Parsed<TrialDeadline?>(deadline, error), TrialDeadline.Parse(text));
    }

    [Theory]
    [InlineData(200)]
    [InlineData(404)]
    [InlineData(409)]
    public async Task The_namespace_is_deleted_once_at_the_deadline(int status)
    {
        await using FakeApiServer server = await FakeApiServer.StartAsync();
        using var api = new ApiServer(server.Account, TimeProvider.System, NullLogger<ApiServer>.Instance);
        using TrialCleanup cleanup = await StartAsync(api, TimeSpan.FromMilliseconds(50));

        FakeRequest request = await server.NextAsync();
        await request.RespondAsync("{}", status);

        Assert.Equal(("DELETE", "/api/v1/namespaces/depmap", "Bearer secret"), (request.Method, request.Url, request.Token));
        await cleanup.ExecuteTask!.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.True(await server.HasNoRequestAsync());
    }

    [Fact]
    public async Task A_deletion_that_fails_is_retried()
    {
        await using FakeApiServer server = await FakeApiServer.StartAsync();
        var clock = new AcceleratedClock(50);
        using var api = new ApiServer(server.Account, TimeProvider.System, NullLogger<ApiServer>.Instance);
        using TrialCleanup cleanup = await StartAsync(api, TimeSpan.FromMilliseconds(50), clock);

        await (await server.NextAsync()).RespondAsync("{}", 500);
        (await server.NextAsync()).Abort();
        await (await server.NextAsync()).RespondAsync("{}");

        await cleanup.ExecuteTask!.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task Nothing_is_deleted_before_the_deadline()
    {
        await using FakeApiServer server = await FakeApiServer.StartAsync();
        using var api = new ApiServer(server.Account, TimeProvider.System, NullLogger<ApiServer>.Instance);
        using TrialCleanup cleanup = await StartAsync(api, TimeSpan.FromHours(1));

        await cleanup.StopAsync(CancellationToken.None);

        Assert.True(await server.HasNoRequestAsync());
        Assert.False(cleanup.ExecuteTask!.IsFaulted);
    }

    [Fact]
    public async Task The_time_counts_from_the_first_query()
    {
        await using FakeApiServer server = await FakeApiServer.StartAsync();
        using var api = new ApiServer(server.Account, TimeProvider.System, NullLogger<ApiServer>.Instance);
        using TrialCleanup cleanup = await StartAsync(api, TimeSpan.FromHours(1), afterFirstQuery: TimeSpan.FromMilliseconds(50));
        Assert.True(await server.HasNoRequestAsync());

        _firstQuery.Note();
        await (await server.NextAsync()).RespondAsync("{}");

        await cleanup.ExecuteTask!.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task A_late_first_query_does_not_extend_the_trial()
    {
        await using FakeApiServer server = await FakeApiServer.StartAsync();
        using var api = new ApiServer(server.Account, TimeProvider.System, NullLogger<ApiServer>.Instance);
        _firstQuery.Note();
        using TrialCleanup cleanup = await StartAsync(api, TimeSpan.FromMilliseconds(50), afterFirstQuery: TimeSpan.FromHours(1));

        await (await server.NextAsync()).RespondAsync("{}");

        await cleanup.ExecuteTask!.WaitAsync(TimeSpan.FromSeconds(30));
    }

    private async Task<TrialCleanup> StartAsync(
        ApiServer api, TimeSpan left, TimeProvider? timeProvider = null, TimeSpan? afterFirstQuery = null)
    {
        var deadline = new TrialDeadline("depmap", TimeProvider.System.GetUtcNow() + left, afterFirstQuery);
        var cleanup = new TrialCleanup(deadline, _firstQuery, api, timeProvider ?? TimeProvider.System, NullLogger<TrialCleanup>.Instance);
        await cleanup.StartAsync(CancellationToken.None);
        return cleanup;
    }
}
