using System.Net;
using Depmap.Common.Options;
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
    public void A_term_is_a_namespace_and_a_time(string text, string? error)
    {
        TrialTerm? term = text.Length > 0 && error is null
            ? new TrialTerm("depmap", new DateTimeOffset(2026, 5, 4, 10, 0, 0, TimeSpan.Zero))
            : null;
        Assert.Equal(new Parsed<TrialTerm?>(term, error), TrialTerm.Parse(text));
    }

    [Theory]
    [InlineData(HttpStatusCode.OK)]
    [InlineData(HttpStatusCode.NotFound)]
    [InlineData(HttpStatusCode.Conflict)]
    public async Task At_the_end_the_namespace_is_deleted_once(HttpStatusCode answer)
    {
        var api = new Answers(answer);
        using TrialEnd end = Start(api, TimeSpan.FromMilliseconds(50));
        await end.ExecuteTask!.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(["DELETE /api/v1/namespaces/depmap"], api.Requests);
    }

    [Fact]
    public async Task Before_the_end_nothing_is_deleted()
    {
        var api = new Answers(HttpStatusCode.OK);
        using TrialEnd end = Start(api, TimeSpan.FromHours(1));
        await end.StopAsync(CancellationToken.None);
        Assert.Empty(api.Requests);
        Assert.False(end.ExecuteTask!.IsFaulted);
    }

    private static TrialEnd Start(Answers api, TimeSpan left)
    {
        var term = new TrialTerm("depmap", TimeProvider.System.GetUtcNow() + left);
        var client = new HttpClient(api) { BaseAddress = new Uri("https://cluster.example") };
        var end = new TrialEnd(term, client, TimeProvider.System, NullLogger<TrialEnd>.Instance);
        end.StartAsync(CancellationToken.None).GetAwaiter().GetResult();
        return end;
    }

    private sealed class Answers(HttpStatusCode status) : HttpMessageHandler
    {
        public List<string> Requests { get; } = [];

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Requests.Add($"{request.Method} {request.RequestUri!.AbsolutePath}");
            return Task.FromResult(new HttpResponseMessage(status));
        }
    }
}
