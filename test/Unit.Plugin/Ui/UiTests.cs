using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Depmap.V1;

namespace Depmap.Plugin.Tests.Ui;

/// <summary>What the page and others get from <c>ui</c> by HTTP.</summary>
public sealed class UiTests
{
    [Fact]
    public async Task The_page_is_small_has_no_data_and_may_connect_to_nobody_else()
    {
        await using RunningUi ui = await RunningUi.StartAsync();
        using HttpResponseMessage response = await ui.Client.GetAsync("/");
        string page = await response.Content.ReadAsStringAsync();
        Assert.InRange(Encoding.UTF8.GetByteCount(page), 1, 400_000);
        Assert.Contains("default-src 'none'; ", page);
        Assert.Contains("; connect-src 'self'\"", page);
        Assert.DoesNotContain("{{", page);
        Assert.DoesNotContain("http:", page.Replace("http://www.w3.org/2000/svg", ""));
        Assert.DoesNotContain("https:", page);
        Assert.DoesNotContain("payments", page);
        Assert.Equal("no-store", response.Headers.CacheControl!.ToString());
        Assert.Equal(["frame-ancestors 'none'"], response.Headers.GetValues("Content-Security-Policy"));
    }

    [Theory]
    [InlineData("GET", "/feed", HttpStatusCode.Unauthorized)]
    [InlineData("GET", "/why?source=web&destination=cart", HttpStatusCode.Unauthorized)]
    [InlineData("POST", "/session", HttpStatusCode.Forbidden)]
    [InlineData("GET", "/session", HttpStatusCode.Unauthorized)]
    [InlineData("POST", "/", HttpStatusCode.Unauthorized)]
    [InlineData("GET", "/../../etc/passwd", HttpStatusCode.Unauthorized)]
    public async Task Without_a_session_there_is_only_the_page(string method, string path, HttpStatusCode status)
    {
        await using RunningUi ui = await RunningUi.StartAsync();
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using HttpResponseMessage response = await ui.Client.SendAsync(request);
        Assert.Equal(status, response.StatusCode);
        Assert.DoesNotContain("shop", await response.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("Host", "evil.example")]
    [InlineData("Origin", "https://evil.example")]
    [InlineData("Origin", "null")]
    public async Task Other_sites_get_nothing_even_with_the_session(string header, string value)
    {
        await using RunningUi ui = await RunningUi.StartAsync();
        await ui.OpenAsync();
        foreach (string path in (string[])["/", "/feed", "/why"])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.TryAddWithoutValidation(header, value);
            using HttpResponseMessage response = await ui.Client.SendAsync(request);
            // By another host name, the request does not even arrive.
            Assert.Contains(
                response.StatusCode, (HttpStatusCode[])[HttpStatusCode.Forbidden, HttpStatusCode.NotFound, HttpStatusCode.BadRequest]);
        }
    }

    [Fact]
    public async Task It_listens_on_the_loopback_only()
    {
        await using RunningUi ui = await RunningUi.StartAsync();
        int port = ui.Client.BaseAddress!.Port;
        using var other = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        // All of 127/8 is this machine, and stands for its other addresses.
        SocketException refused = await Assert.ThrowsAsync<SocketException>(() => other.ConnectAsync(IPAddress.Parse("127.0.0.2"), port));
        Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);
    }

    [Fact]
    public async Task The_map_comes_whole_and_then_only_its_counts_until_its_shape_changes()
    {
        await using RunningUi ui = await RunningUi.StartAsync();
        await ui.OpenAsync();
        using StreamReader feed = await ui.FeedAsync("");

        JsonElement first = await NextAsync(feed, "map");
        JsonElement map = first.GetProperty("map");
        Assert.Equal(Examples.Edges.Count(), map.GetProperty("edges").GetArrayLength());
        Assert.True(map.GetProperty("views").GetArrayLength() > 0);
        Assert.Equal(JsonValueKind.Array, first.GetProperty("about").GetProperty("notes").ValueKind);

        ui.Relay.Map.Edges[0].Forwarded += 5;
        JsonElement counts = await NextAsync(feed, "map");
        Assert.False(counts.TryGetProperty("map", out _));
        Assert.Equal(Examples.Edges.Count(), counts.GetProperty("edges").GetArrayLength());

        ui.Relay.Map.Edges.RemoveAt(0);
        JsonElement smaller = await NextAsync(feed, "map");
        Assert.Equal(Examples.Edges.Count() - 1, smaller.GetProperty("map").GetProperty("edges").GetArrayLength());
    }

    [Fact]
    public async Task The_relay_filters_the_map()
    {
        await using RunningUi ui = await RunningUi.StartAsync();
        await ui.OpenAsync();
        using StreamReader feed = await ui.FeedAsync("--namespace=shop --verdict DROPPED --include-probes");
        await NextAsync(feed, "map");
        Assert.Equal(
            new Filter { Namespaces = { "shop" }, Verdicts = { Verdict.Dropped }, IncludeProbes = true }, ui.Relay.Mapped!.Filter);
    }

    [Fact]
    public async Task Flows_have_names_results_and_the_nodes_of_the_map()
    {
        await using RunningUi ui = await RunningUi.StartAsync();
        ui.Relay.Responses.Add(new ObserveResponse { Flow = Examples.DroppedWithDetail });
        await ui.OpenAsync();
        using StreamReader feed = await ui.FeedAsync("");
        JsonElement flow = (await NextAsync(feed, "flows")).GetProperty("flows")[0];
        Assert.Equal(
            ("DROPPED", "TCP", "shop/web-5d8f-x2x:43210", "pay/payments:8443 (10.96.0.77)", "POLICY (NETFILTER_DROP)"),
            (Of("verdict"), Of("protocol"), Of("client"), Of("server"), Of("result")));
        Assert.Equal(("shop/web", "pay/payments"), (Of("source"), Of("target")));
        Assert.Equal((300UL, true, true), (ui.Relay.Observed!.Last, ui.Relay.Observed.Follow, ui.Relay.Observed.Closes));

        string? Of(string field) => flow.GetProperty(field).GetString();
    }

    [Theory]
    [InlineData("", 2)]
    [InlineData("web", 2)]
    [InlineData("shop/web --to pay/payments", 1)]
    [InlineData("deploy/cart", 1)] // behind the service
    [InlineData("--from pay/payments", 0)]
    public async Task Flows_are_those_of_the_objects_of_the_map(string words, int count)
    {
        await using RunningUi ui = await RunningUi.StartAsync();
        ui.Relay.Responses.Add(new ObserveResponse { Flow = Examples.Forwarded });
        ui.Relay.Responses.Add(new ObserveResponse { Flow = Examples.DroppedWithDetail });
        await ui.OpenAsync();
        using StreamReader feed = await ui.FeedAsync(words);
        if (count > 0)
            Assert.Equal(count, (await NextAsync(feed, "flows")).GetProperty("flows").GetArrayLength());
        else
            Assert.Null(await TryNextAsync(feed, "flows")); // the page is only probed
    }

    [Theory]
    [InlineData("--namespaze x", "unknown flag --namespaze, did you mean --namespace?")]
    [InlineData("--since 99", "invalid value \"99\" for --since: ")]
    public async Task A_bad_filter_is_explained(string words, string error)
    {
        await using RunningUi ui = await RunningUi.StartAsync();
        await ui.OpenAsync();
        using HttpResponseMessage response = await ui.Client.GetAsync($"/feed?words={Uri.EscapeDataString(words)}");
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.StartsWith(error, await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Why_is_what_the_command_prints()
    {
        await using RunningUi ui = await RunningUi.StartAsync();
        ui.Relay.Explained = new ExplainResponse
        {
            Source = "Deployment shop/web (2 pods)", Destination = "service shop/cart (1 endpoint)",
        };
        await ui.OpenAsync();
        string text = await ui.Client.GetStringAsync("/why?source=shop/deployment/web&destination=shop/service/cart&port=80");
        Assert.StartsWith("From:      Deployment shop/web (2 pods)\nTo:        service shop/cart (1 endpoint), port 80\n", text);
        Assert.Equal(80U, ui.Relay.ExplainAsked!.Port);
    }

    [Fact]
    public async Task A_relay_that_is_gone_is_reported_and_found_again()
    {
        await using RunningUi ui = await RunningUi.StartAsync();
        await ui.OpenAsync();
        using StreamReader feed = await ui.FeedAsync("");
        await NextAsync(feed, "map");
        await ui.Relay.StopAsync();
        string? problem = (await NextAsync(feed, "map")).GetProperty("problem").GetString();
        Assert.Contains("the relay at", problem);
    }

    [Fact]
    public async Task A_port_in_use_is_one_line()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        int port = ((IPEndPoint)taken.LocalEndpoint).Port;
        PluginRun run = await PluginRun.Of("ui", "--port", $"{port}", "--relay", relay.Address);
        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.StartsWith($"error: cannot listen on 127.0.0.1:{port}: ", run.Error);
        Assert.Single(run.Error.TrimEnd('\n').Split('\n'));
    }

    [Fact]
    public async Task Each_use_of_the_link_prints_the_next()
    {
        await using RunningUi ui = await RunningUi.StartAsync();
        string link = ui.Link;
        await ui.OpenAsync();
        await Wait.UntilAsync(() => ui.Error.Contains("For another window: "));
        using HttpResponseMessage again = await ui.Client.PostAsync("/session", new StringContent(link.Split('#')[1]));
        Assert.Equal(HttpStatusCode.Forbidden, again.StatusCode);
        Assert.Contains("used before", await again.Content.ReadAsStringAsync());
        string next = ui.Error.Split("For another window: ")[1].Trim();
        Assert.NotEqual(link, next);
        using HttpResponseMessage other = await ui.Client.PostAsync("/session", new StringContent(next.Split('#')[1]));
        Assert.Equal(HttpStatusCode.OK, other.StatusCode);
    }

    [Fact]
    public async Task More_addresses_of_a_group_are_counts_and_draw_nothing_anew()
    {
        await using RunningUi ui = await RunningUi.StartAsync();
        var clients = new Edge
        {
            Source = new Endpoint { Name = "outside", AddressCount = 7 }, Destination = Examples.Edges.Last().Destination, Forwarded = 7,
        };
        ui.Relay.Map.Edges.Add(clients);
        await ui.OpenAsync();
        using StreamReader feed = await ui.FeedAsync("");
        await NextAsync(feed, "map");
        clients.Source.AddressCount = 8;
        JsonElement counts = await NextAsync(feed, "map");
        Assert.False(counts.TryGetProperty("map", out _));
        Assert.Contains("8 addresses", counts.GetProperty("edges").ToString());
    }

    [Fact]
    public async Task What_is_wrong_with_the_history_is_a_note_of_its_own()
    {
        await using RunningUi ui = await RunningUi.StartAsync();
        ui.Relay.Map.CountedFromUnixNs = Examples.Time;
        ui.Relay.Map.HistoryProblem = "the history cannot be saved: disk is full";
        await ui.OpenAsync();
        using StreamReader feed = await ui.FeedAsync("");
        JsonElement notes = (await NextAsync(feed, "map")).GetProperty("about").GetProperty("notes");
        Assert.Equal(["warning: the history cannot be saved: disk is full"], notes.EnumerateArray().Select(note => note.GetString()));
    }

    [Fact]
    public async Task Flows_of_an_object_are_searched_in_all_that_the_relay_has()
    {
        await using RunningUi ui = await RunningUi.StartAsync();
        await ui.OpenAsync();
        using StreamReader feed = await ui.FeedAsync("svc/cart --only-dropped");
        await NextAsync(feed, "map");
        await Wait.UntilAsync(() => ui.Relay.Observed is not null);
        Assert.False(ui.Relay.Observed!.HasLast);
        Assert.Equal([Verdict.Dropped], ui.Relay.Observed.Filter.Verdicts);
    }

    [Fact]
    public async Task A_session_request_without_a_token_is_refused_at_once()
    {
        await using RunningUi ui = await RunningUi.StartAsync();
        foreach (string body in (string[])["", new string('x', 10_000)])
        {
            using HttpResponseMessage response = await ui.Client.PostAsync("/session", new StringContent(body));
            Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        }
    }

    [Fact]
    public async Task The_page_names_the_relay_in_its_title()
    {
        await using RunningUi ui = await RunningUi.StartAsync();
        Assert.Contains($"<title>Depmap: {ui.Relay.Address}</title>", await ui.Client.GetStringAsync("/"));
    }

    /// <summary>The next line of the feed that is about the map or the flows.</summary>
    private static async Task<JsonElement> NextAsync(StreamReader feed, string name) =>
        await TryNextAsync(feed, name) ?? throw new InvalidOperationException($"the page got nothing about {name}");

    /// <returns>Null if there is none, and the page is only probed.</returns>
    private static async Task<JsonElement?> TryNextAsync(StreamReader feed, string name)
    {
        while (true)
        {
            string line = (await feed.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30)))!;
            if (line.Length == 0)
                return null;
            using JsonDocument document = JsonDocument.Parse(line);
            if (document.RootElement.GetProperty("feed").GetString() == name)
                return document.RootElement.Clone();
        }
    }
}
