// Measures observe with a relay on the loopback interface that is fed with made-up flows, and prints lines
// "name  measured  bound  ok|MISSED" like test/bench/bench. Exits with 1 if a bound was missed.
// Usage: Depmap.Readers.Bench PATH-OF-DEPMAP-RELAY PATH-OF-KUBECTL-DEPMAP
using System.Diagnostics;
using Depmap.Bench;
using Depmap.Readers.Bench;
using Depmap.Relay.Bench;
using Depmap.V1;
using Google.Protobuf;

const int Rate = 20_000, Seconds = 10, BatchesPerSecond = 50;

(string relayProgram, string plugin) = (args[0], args[1]);
string objects = Path.GetTempFileName();
await File.WriteAllTextAsync(objects, """{"apiVersion": "v1", "kind": "List", "items": []}""");
ulong sent = 0;
var figures = new Figures();
try
{
    await LastAsync();
    await FollowAsync();
}
finally
{
    File.Delete(objects);
}

return figures.Missed ? 1 : 0;

async Task LastAsync()
{
    await using RelayProcess relay = await RelayProcess.StartAsync(relayProgram, objects);
    await relay.SendAsync(Flows(16_384));
    List<double> times = [];
    for (int i = 0; i < 11; i++)
    {
        long start = Stopwatch.GetTimestamp();
        using var observe = ObserveProcess.Start(plugin, relay.Queries, "--last 1000");
        await observe.ExitAsync();
        times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
    }

    times.Sort();
    figures.Report("observe --last 1000 -o json, median of 11", times[5], "ms", 300);
}

// One reader that reads all, and one that reads nothing until the end, like a terminal that is stopped.
async Task FollowAsync()
{
    await using RelayProcess relay = await RelayProcess.StartAsync(relayProgram, objects);
    using var fast = ObserveProcess.Start(plugin, relay.Queries, "-f");
    using var slow = ObserveProcess.Start(plugin, relay.Queries, "-f", isSlow: true);
    // Both are connected once the first has printed.
    await relay.SendAsync(Flows(1));
    await WaitAsync(() => fast.Lines == 1);
    await Task.Delay(1000);

    double before = fast.ProcessorTime;
    long start = Stopwatch.GetTimestamp();
    for (int i = 0; i < Seconds * BatchesPerSecond; i++)
    {
        await relay.SendAsync(Flows(Rate / BatchesPerSecond));
        TimeSpan ahead = TimeSpan.FromSeconds((i + 1.0) / BatchesPerSecond) - Stopwatch.GetElapsedTime(start);
        if (ahead > TimeSpan.Zero)
            await Task.Delay(ahead);
    }

    double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
    const long made = (Rate * Seconds) + 1;
    await WaitAsync(() => fast.Lines + fast.Lost >= made);
    figures.Report("observe -f, flows", made);
    figures.Report("  time that it took to make them, in excess", Math.Max(0, seconds - (1.05 * Seconds)), "s", 0);
    figures.Report("  of one core", (fast.ProcessorTime - before) / seconds * 100, "%", 100);
    figures.Report("  lost", fast.Lost, bound: 0);
    figures.Report("  neither printed nor reported as lost", Math.Abs(made - fast.Lines - fast.Lost), bound: 0);

    slow.Read();
    await WaitAsync(() => slow.Lines + slow.Lost >= made);
    figures.Report("  a reader that was stopped meanwhile: reported as lost", slow.Lost);
    figures.Report("  neither printed nor reported as lost", Math.Abs(made - slow.Lines - slow.Lost), bound: 0);
}

static async Task WaitAsync(Func<bool> isDone)
{
    long start = Stopwatch.GetTimestamp();
    while (!isDone() && Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(20))
        await Task.Delay(50);
}

// From one address outside to others: nothing has to be waited for.
IEnumerable<Sighting> Flows(int count)
{
    for (int i = 0; i < count; i++)
    {
        ulong id = ++sent;
        yield return new Sighting
        {
            Id = id,
            Protocol = Protocol.Tcp,
            Side = Side.Client,
            State = State.Established,
            ClientAddress = ByteString.CopyFrom(10, 244, (byte)(id >> 8), (byte)id),
            ClientPort = (uint)(1024 + (id % 60_000)),
            ServerAddress = ByteString.CopyFrom(198, 51, 100, (byte)(id % 250)),
            ServerPort = 443,
            OpenedUnixNs = Clock.Now,
            LastUnixNs = Clock.Now,
            HasInitialSequence = true,
            InitialSequence = (uint)id,
            HandshakeNs = 180_000,
            Ended = true,
        };
    }
}
