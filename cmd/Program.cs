using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Depmap.Plugin;
using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Cluster.Kubeconfig;
using Depmap.Plugin.Shell;

// Long enough to finish the line being written, short enough that Ctrl-C feels immediate even when the reader
// of a full pipe (a paused pager) keeps a write waiting.
TimeSpan grace = TimeSpan.FromMilliseconds(500);

// timeout(1), npm and other wrappers pass a signal on that the terminal or they have already sent to the whole group.
TimeSpan doubled = TimeSpan.FromMilliseconds(250);
long stopped = 0;

// Never disposed: a signal or a reader that leaves may still come while the process ends.
var stop = new CancellationTokenSource();
using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var closed = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
OutputStream.WhenReaderLeaves(stop.Cancel);

var farewell = new Farewell();
var terminal = new Terminal(
    OutputStream.StandardOutput(),
    new StreamWriter(OutputStream.StandardError(), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { AutoFlush = true },
    OutIsTerminal: !Console.IsOutputRedirected,
    Environment.GetEnvironmentVariable,
    TimeProvider.System);

// On a thread of its own: a write that the pipe holds up must not hold up the end of the process.
Task<int> run = Task.Run(() => CommandLine.RunAsync(args, Environment.GetCommandLineArgs()[0], Connect, farewell, terminal, stop.Token));
await Task.WhenAny(run, Stopped(stop.Token, grace, farewell));
return run.IsCompleted ? await run : ExitCode.Success;

void Stop(PosixSignalContext context)
{
    long now = Stopwatch.GetTimestamp();
    long first = Interlocked.CompareExchange(ref stopped, now, 0);
    // A second one ends it at once, also what is held.
    context.Cancel = first == 0 || Stopwatch.GetElapsedTime(first, now) < doubled;
    stop.Cancel();
}

static Task<IApiServer> Connect(ClusterChoice choice, CancellationToken cancellationToken)
{
    var reader = new ConnectionReader(Environment.GetEnvironmentVariable, stdinIsTerminal: !Console.IsInputRedirected, TimeProvider.System);
    return Task.FromResult<IApiServer>(
        new ApiServer(reader.Read(choice), new EnvironmentProxy(Environment.GetEnvironmentVariable), choice.RequestTimeout));
}

static async Task Stopped(CancellationToken cancellationToken, TimeSpan grace, Farewell farewell)
{
    await Task.Delay(Timeout.Infinite, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    await Task.Delay(grace, CancellationToken.None);
    await farewell.WaitAsync();
}
