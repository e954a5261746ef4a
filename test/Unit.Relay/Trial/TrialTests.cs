using Depmap.Common.Options;
using Depmap.Relay.Cluster;
using Depmap.Relay.Options;
using Depmap.Relay.Tests.Cluster;
using Depmap.Relay.Trial;
using Microsoft.Extensions.Logging.Abstractions;

namespace Depmap.Relay.Tests.Trial;

public sealed class TrialTests
{
    [Theory]
    [InlineData("depmap@2026-05-04T10:00:00Z", null)]
    [InlineData("", null)]
    [InlineData("depmap", "use NAMESPACE@TIME, such as depmap@2026-05-04T10:00:00Z")]
    [InlineData("@2026-05-04T10:00:00Z", "use NAMESPACE@TIME, such as depmap@2026-05-04T10:00:00Z")]
    [InlineData("depmap@tomorrow", "use NAMESPACE@TIME, such as depmap@2026-05-04T10:00:00Z")]
    public void A_deadline_is_a_namespace_and_a_time(string text, string? error)
    {
        TrialDeadline? deadline = text.Length > 0 && error is null
            ? new("depmap", new DateTimeOffset(2026, 5, 4, 10, 0, 0, TimeSpan.Zero))
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

    private static async Task<TrialCleanup> StartAsync(ApiServer api, TimeSpan left, TimeProvider? timeProvider = null)
    {
        var deadline = new TrialDeadline("depmap", TimeProvider.System.GetUtcNow() + left);
        var cleanup = new TrialCleanup(deadline, api, timeProvider ?? TimeProvider.System, NullLogger<TrialCleanup>.Instance);
        await cleanup.StartAsync(CancellationToken.None);
        return cleanup;
    }
}
