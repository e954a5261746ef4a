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
    private const int MaxToken = 1024;

    private readonly FilterWords _filter = new(program, timeProvider);
    private readonly UiPage _page = new();

    /// <exception cref="IOException">The page is gone.</exception>
    public async Task AnswerAsync(HttpListenerContext context, CancellationToken cancellationToken)
    {
        HttpListenerRequest request = context.Request;
        HttpListenerResponse response = context.Response;
        response.Headers["Cache-Control"] = "no-store";
        response.Headers["X-Content-Type-Options"] = "nosniff";
        response.Headers["Referrer-Policy"] = "no-referrer";
        response.Headers["Cross-Origin-Resource-Policy"] = "same-origin";
        response.Headers["Content-Security-Policy"] = "frame-ancestors 'none'";
        if (!access.IsLocal(request.Headers["Host"], request.Headers["Origin"]))
            await SendAsync(response, 403, Text, "This address is for its own page only.", cancellationToken);
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
            case ("GET", "/map"):
                await FeedAsync(request, response, new MapFeed(source, _filter, timeProvider).RunAsync, cancellationToken);
                break;
            case ("GET", "/flows"):
                await FeedAsync(request, response, new FlowFeed(source, _filter, timeProvider).RunAsync, cancellationToken);
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
        byte[] body = new byte[MaxToken];
        int length = await request.InputStream.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, cancellationToken);
        if (access.Redeem(Encoding.UTF8.GetString(body, 0, length)) is not { } session)
        {
            await SendAsync(
                response, 403, Text, $"This link was used before. {program} ui printed the next one in its terminal.", cancellationToken);
            return;
        }

        await SendAsync(response, 200, Text, session, cancellationToken);
        opened();
    }

    private async Task FeedAsync(
        HttpListenerRequest request, HttpListenerResponse response, Func<string, LineWriter, CancellationToken, Task> run,
        CancellationToken cancellationToken)
    {
        string words = request.QueryString["words"] ?? "";
        if (_filter.Parse(words).Error is { } error)
        {
            await SendAsync(response, 400, Text, PlainText.Of(error), cancellationToken);
            return;
        }

        response.ContentType = "application/x-ndjson";
        response.SendChunked = true;
        await run(words, new LineWriter(response.OutputStream, timeProvider), cancellationToken);
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
            return (200, string.Join('\n', WhyText.Write(response, port, timeProvider.LocalTimeZone).Split('\n').Select(PlainText.Of)));
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
