using System.Net.Http.Headers;
using System.Text;
using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Shell;

namespace Depmap.Plugin.Tests.Ui;

/// <summary>The command <c>ui</c> in this process, with a relay that has the edges of the examples.</summary>
internal sealed class RunningUi : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly StringWriter _error = new() { NewLine = "\n" };
    private readonly LinkStream _output = new();
    private readonly Task<int> _run;

    private RunningUi(FakeRelay relay)
    {
        Relay = relay;
        var terminal = new Terminal(_output, TextWriter.Synchronized(_error), false, () => null, _ => null, TimeProvider.System);
        _run = Task.Run(() => CommandLine.RunAsync(
            ["ui", "--relay", relay.Address], ProgramName.FromPath("/usr/local/bin/kubectl-depmap"),
            (_, _) => throw new ApiException("cannot reach a cluster"), new ShutdownHold(), terminal, _stop.Token));
    }

    public FakeRelay Relay { get; }

    public HttpClient Client { get; } = new();

    /// <summary>The first link.</summary>
    public string Link { get; private set; } = "";

    public string Error
    {
        get
        {
            lock (_error)
                return _error.ToString();
        }
    }

    public static async Task<RunningUi> StartAsync()
    {
        FakeRelay relay = await FakeRelay.StartAsync();
        relay.Map.Edges.AddRange(Examples.Edges);
        var ui = new RunningUi(relay);
        Task ended = await Task.WhenAny(ui._output.Link, ui._run);
        if (ended == ui._run)
            throw new InvalidOperationException(ui.Error);
        ui.Link = (await ui._output.Link).Trim();
        ui.Client.BaseAddress = new Uri(ui.Link.Split('#')[0]);
        return ui;
    }

    /// <summary>As the page does when it is loaded: further requests have the session.</summary>
    public async Task OpenAsync()
    {
        using HttpResponseMessage response = await Client.PostAsync("/session", new StringContent(Link.Split('#')[1]));
        string session = await response.EnsureSuccessStatusCode().Content.ReadAsStringAsync();
        Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", session);
    }

    public async Task<StreamReader> FeedAsync(string words) =>
        new(await Client.GetStreamAsync($"/feed?words={Uri.EscapeDataString(words)}"));

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _stop.CancelAsync();
        Assert.Equal(0, await _run.WaitAsync(TimeSpan.FromSeconds(30)));
        await Relay.DisposeAsync();
        _stop.Dispose();
    }

    private sealed class LinkStream : MemoryStream
    {
        private readonly TaskCompletionSource<string> _link = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<string> Link => _link.Task;

        public override void Write(byte[] buffer, int offset, int count) =>
            _link.TrySetResult(Encoding.UTF8.GetString(buffer, offset, count));
    }
}
