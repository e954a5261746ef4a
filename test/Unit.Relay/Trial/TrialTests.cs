using System.Net;
using Depmap.Common.Options;
using Depmap.Relay.Options;
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
    [InlineData(HttpStatusCode.OK)]
    [InlineData(HttpStatusCode.NotFound)]
    [InlineData(HttpStatusCode.Conflict)]
    public async Task The_namespace_is_deleted_once_at_the_deadline(HttpStatusCode status)
    {
        var api = new FakeApi(status);
        using TrialCleanup end = Start(api, TimeSpan.FromMilliseconds(50));
        await end.ExecuteTask!.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(["DELETE /api/v1/namespaces/depmap"], api.Requests);
    }

    [Fact]
    public async Task Nothing_is_deleted_before_the_deadline()
    {
        var api = new FakeApi(HttpStatusCode.OK);
        using TrialCleanup end = Start(api, TimeSpan.FromHours(1));
        await end.StopAsync(CancellationToken.None);
        Assert.Empty(api.Requests);
        Assert.False(end.ExecuteTask!.IsFaulted);
    }

    private static TrialCleanup Start(FakeApi api, TimeSpan left)
    {
        var deadline = new TrialDeadline("depmap", TimeProvider.System.GetUtcNow() + left);
        var client = new HttpClient(api) { BaseAddress = new Uri("https://cluster.example") };
        var end = new TrialCleanup(deadline, client, TimeProvider.System, NullLogger<TrialCleanup>.Instance);
        end.StartAsync(CancellationToken.None).GetAwaiter().GetResult();
        return end;
    }

    private sealed class FakeApi(HttpStatusCode status) : HttpMessageHandler
    {
        public List<string> Requests { get; } = [];

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Requests.Add($"{request.Method} {request.RequestUri!.AbsolutePath}");
            return Task.FromResult(new HttpResponseMessage(status));
        }
    }
}
