using System.Net;
using System.Text;
using Depmap.Common.Options;
using Depmap.Plugin.Cluster;
using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Objects;
using Depmap.Plugin.Options;
using Depmap.Plugin.Output;
using Depmap.Plugin.Shell;
using Depmap.V1;

namespace Depmap.Plugin.Ui;

/// <summary>Answers the requests of the page: the page itself, a session for the token of its link, and with a session the data.</summary>
/// <param name="opened">Called when a window was opened, since the link has changed.</param>
internal sealed class UiServer(RelaySource source, Access access, ProgramName program, TimeProvider timeProvider, Action opened)
{
    private const string Text = "text/plain; charset=utf-8";

    private readonly FilterWords _filter = new(program, timeProvider);
    private readonly UiPage _page = new(source.Name, program);

    /// <exception cref="IOException">The page is gone.</exception>
    public async Task AnswerAsync(HttpListenerContext context, CancellationToken cancellationToken)
    {
        HttpListenerRequest request = context.Request;
        HttpListenerResponse response = context.Response;
        response.Headers["Cache-Control"] = "no-store";
        response.Headers["X-Content-Type-Options"] = "nosniff";
        response.Headers["Referrer-Policy"] = "no-referrer";
        response.Headers["Cross-Origin-Resource-Policy"] = "same-origin";
        response.Headers["Cross-Origin-Opener-Policy"] = "same-origin";
        response.Headers["Content-Security-Policy"] = "frame-ancestors 'none'";
        if (!access.IsLocal(request.Headers["Host"], request.Headers["Origin"]))
            await SendAsync(response, 403, Text, $"This address is for its own page only. Open {access.Origin}.", cancellationToken);
        else if ((request.HttpMethod, Path(request)) is ("GET", "/"))
            await SendAsync(response, 200, "text/html; charset=utf-8", _page.Text, cancellationToken);
        else if ((request.HttpMethod, Path(request)) is ("GET", "/favicon.ico"))
            response.StatusCode = 204;
        else if ((request.HttpMethod, Path(request)) is ("POST", "/session"))
            await OpenSessionAsync(request, response, cancellationToken);
        else if (!access.IsAuthorized(request.Headers["Authorization"]))
            await SendAsync(response, 401, Text, "This page has no session.", cancellationToken);
        else
            await AnswerAsync(request, response, cancellationToken);
    }

    private async Task AnswerAsync(HttpListenerRequest request, HttpListenerResponse response, CancellationToken cancellationToken)
    {
        switch ((request.HttpMethod, Path(request)))
        {
            case ("GET", "/feed"):
                await FeedAsync(request, response, cancellationToken);
                break;
            case ("GET", "/why"):
                (int status, string text) = await ExplainAsync(request, cancellationToken);
                await SendAsync(response, status, Text, text, cancellationToken);
                break;
            default:
                await SendAsync(response, 404, Text, "There is no such page.", cancellationToken);
                break;
        }
    }

    private async Task OpenSessionAsync(HttpListenerRequest request, HttpListenerResponse response, CancellationToken cancellationToken)
    {
        if (await ReadTokenAsync(request, cancellationToken) is not { } token || access.Redeem(token) is not { } session)
        {
            await SendAsync(
                response, 403, Text, $"This link was used before. {program} ui printed the next one in its terminal.", cancellationToken);
            return;
        }

        await SendAsync(response, 200, Text, session, cancellationToken);
        opened();
    }

    /// <returns>Null if it is too long for one, or does not come.</returns>
    private static async Task<string?> ReadTokenAsync(HttpListenerRequest request, CancellationToken cancellationToken)
    {
        if (request.ContentLength64 is <= 0 or > 2 * Access.TokenLength)
            return null;
        byte[] body = new byte[request.ContentLength64];
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(TimeSpan.FromSeconds(5));
        await request.InputStream.ReadExactlyAsync(body, timeout.Token);
        return Encoding.UTF8.GetString(body);
    }

    /// <summary>Sends the map and the flows, which have one filter, except that the flows may be drops only.</summary>
    private async Task FeedAsync(HttpListenerRequest request, HttpListenerResponse response, CancellationToken cancellationToken)
    {
        string words = request.QueryString["words"] ?? "", flowWords = request.QueryString["flows"] ?? words;
        if ((_filter.Parse(words).Error ?? _filter.Parse(flowWords).Error) is { } error)
        {
            await SendAsync(response, 400, Text, PlainText.Of(error), cancellationToken);
            return;
        }

        response.ContentType = "application/x-ndjson";
        response.SendChunked = true;
        using var page = new LineWriter(response.OutputStream, timeProvider);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task[] feeds =
        [
            new MapFeed(source, _filter, timeProvider).RunAsync(words, page, end.Token),
            new FlowFeed(source, _filter, timeProvider).RunAsync(flowWords, page, end.Token),
        ];
        // Neither ends unless the page is gone.
        Task ended = await Task.WhenAny(feeds);
        await end.CancelAsync();
        await Task.WhenAll(feeds).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await ended;
    }

    private async Task<(int Status, string Text)> ExplainAsync(HttpListenerRequest request, CancellationToken cancellationToken)
    {
        Parsed<ObjectReference> from = ObjectReference.Parse(request.QueryString["source"] ?? "");
        Parsed<ObjectReference> to = ObjectReference.Parse(request.QueryString["destination"] ?? "");
        if ((from.Error ?? to.Error) is { } error)
            return (400, error);
        _ = ushort.TryParse(request.QueryString["port"], out ushort port);
        try
        {
            using Relay relay = await source.OpenAsync(cancellationToken);
            ExplainResponse response = await relay.ExplainAsync(
                new ExplainRequest
                {
                    Source = ReferenceMessage.Create(from.Value, source.Namespace),
                    Destination = ReferenceMessage.Create(to.Value, source.Namespace),
                    Port = port,
                },
                cancellationToken);
            return (200, WhyText.Write(response, port, timeProvider.LocalTimeZone));
        }
        catch (Exception e) when (e is RelayException or ApiException)
        {
            return (502, PlainText.Of(e.Message));
        }
    }

    private static string Path(HttpListenerRequest request) => request.Url?.AbsolutePath ?? "";

    private static async Task SendAsync(
        HttpListenerResponse response, int status, string type, string text, CancellationToken cancellationToken)
    {
        byte[] body = Encoding.UTF8.GetBytes(text);
        (response.StatusCode, response.ContentType, response.ContentLength64) = (status, type, body.Length);
        await response.OutputStream.WriteAsync(body, cancellationToken);
    }
}
