using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Depmap.Plugin;
using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Cluster.Kubeconfig;
using Depmap.Plugin.Shell;

StandardDescriptors.Reserve();

// Long enough to finish the current line, short enough for Ctrl-C to feel immediate even if a full pipe (a paused
// pager) blocks a write.
TimeSpan gracePeriod = TimeSpan.FromMilliseconds(500);

// timeout(1), npm and other wrappers forward a signal that the terminal or they have already sent to the whole process group.
TimeSpan duplicateSignalWindow = TimeSpan.FromMilliseconds(250);
long firstSignal = 0;

// Never disposed: a signal or a closed pipe may still arrive while the process exits.
var stop = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
OutputStream.WhenReaderCloses(stop.Cancel);

NameServices.UseBuiltIn();
using var console = new WindowsConsole();
SystemCertificates.Locate();
ProgramName program = ProgramName.FromPath(Environment.GetCommandLineArgs()[0]);
var hold = new ShutdownHold();
var terminal = new Terminal(
    OutputStream.StandardOutput(),
    TextWriter.Synchronized(
        new StreamWriter(OutputStream.StandardError(), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false))
        {
            AutoFlush = true,
            NewLine = "\n", // on Windows too, as on stdout
        }),
    OutIsTerminal: !Console.IsOutputRedirected,
    WindowWidth.Find,
    Environment.GetEnvironmentVariable,
    TimeProvider.System)
{
    HasEscapeCodes = console.HasEscapeCodes,
    ErrorIsTerminal = !Console.IsErrorRedirected,
    Height = WindowWidth.FindRows,
};

// On another thread: a blocked write must not keep the process from exiting.
Task<int> run = Task.Run(() => CommandLine.RunAsync(args, program, Connect, hold, terminal, stop.Token));
await Task.WhenAny(run, StoppedAsync(stop.Token, gracePeriod, hold));
return run.IsCompleted ? await run : ExitCode.Success;

void Stop(PosixSignalContext context)
{
    long now = Stopwatch.GetTimestamp();
    long first = Interlocked.CompareExchange(ref firstSignal, now, 0);
    // A second signal ends the process immediately, even while it is held.
    context.Cancel = first == 0 || Stopwatch.GetElapsedTime(first, now) < duplicateSignalWindow;
    stop.Cancel();
}

Task<IApiServer> Connect(ClusterChoice choice, CancellationToken cancellationToken)
{
    bool mayPrompt = choice.MayPrompt && !Console.IsInputRedirected;
    var reader = new ConnectionReader(Environment.GetEnvironmentVariable, mayPrompt, TimeProvider.System);
    return Task.FromResult<IApiServer>(new ApiServer(
        reader.Read(choice),
        new EnvironmentProxy(Environment.GetEnvironmentVariable),
        choice.RequestTimeout,
        choice.LogsRequests ? terminal.Error.WriteLine : null));
}

static async Task StoppedAsync(CancellationToken cancellationToken, TimeSpan gracePeriod, ShutdownHold hold)
{
    await Task.Delay(Timeout.Infinite, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    await Task.Delay(gracePeriod, CancellationToken.None);
    await hold.WaitAsync();
}
