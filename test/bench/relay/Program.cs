// Fills each table of the relay beyond its bound, and prints what was counted, what was reported as lost, and the memory that it
// takes, in lines "name  measured  bound  ok|MISSED" like test/bench/bench. Exits with 1 if a bound was missed.
// Usage: Depmap.Relay.Bench PATH-OF-DEPMAP-RELAY
using System.Diagnostics;
using System.Net;
using Depmap.Bench;
using Depmap.Relay.Bench;
using Depmap.V1;
using Google.Protobuf;

// Four fifths of the relay's limit in manifests/.
const double MemoryBound = 410;
const string Client = "10.244.1.1", Server = "10.244.1.2", Other = "10.244.1.3";

string program = args[0];
string objects = Path.GetTempFileName();
await File.WriteAllTextAsync(objects, Objects());
var figures = new Figures();
try
{
    await JoinerAsync();
    await MapAsync();
    await NamesAsync();
    await LargeMapAsync();
}
finally
{
    File.Delete(objects);
}

return figures.Missed ? 1 : 0;

// More open connections than the joiner holds. When they close, none may be counted again.
async Task JoinerAsync()
{
    const int made = 300_000, perServer = 60_000;
    await using RelayProcess relay = await RelayProcess.StartAsync(program, objects);
    IEnumerable<Sighting> All(bool ended) => Enumerable.Range(0, made).Select(i => Flow(
        (ulong)i + 1, Side.Client, Client, 1024 + (i % perServer), $"198.51.100.{1 + (i / perServer)}", 443, ended));
    await relay.SendAsync(All(ended: false));
    MapResponse open = await relay.MapAsync();
    await relay.SendAsync(All(ended: true));
    MapResponse closed = await relay.MapAsync();
    figures.Report($"relay, open connections beyond its bound: {made}", Counted(open));
    figures.Report("  reported as lost", RelayProcess.Lost(open));
    figures.Report("  neither counted nor lost, or both", Math.Abs(made - Counted(open) - (double)RelayProcess.Lost(open)), bound: 0);
    figures.Report("  the same once they have closed", Math.Abs(made - Counted(closed) - (double)RelayProcess.Lost(closed)), bound: 0);
    figures.Report("  resident", relay.Resident(), "MiB", MemoryBound);
}

// More private servers than the map has edges, and as many clients outside, which are one edge. An edge of a pod must still appear.
async Task MapAsync()
{
    const int made = 40_000;
    await using RelayProcess relay = await RelayProcess.StartAsync(program, objects);
    await relay.SendAsync(Enumerable.Range(0, made).Select(i => Flow(
        (ulong)i + 1, Side.Client, Client, 40000, $"172.16.{i / 256}.{i % 256}", 8080, ended: true)));
    await relay.SendAsync(Enumerable.Range(0, made).Select(i => Flow(
        (ulong)(made + i) + 1, Side.Server, $"203.{i / 65536}.{i / 256 % 256}.{i % 256}", 40000, Server, 8080, ended: true)));
    await relay.SendAsync([Flow((2 * made) + 1, Side.Client, Client, 40000, Other, 8080, ended: true)]);
    MapResponse map = await relay.MapAsync();
    figures.Report($"relay, edges beyond its bound: {made + 2}", map.Edges.Count);
    figures.Report("  connections without an edge, reported as lost", RelayProcess.Lost(map));
    figures.Report(
        "  neither counted nor lost, or both", Math.Abs((2 * made) + 1 - Counted(map) - (double)RelayProcess.Lost(map)), bound: 0);
    bool hasPodEdge = map.Edges.Any(edge => edge.Destination.Workload.EndsWith("other", StringComparison.Ordinal));
    figures.Report("  missing edges of pods", hasPodEdge ? 0 : 1, bound: 0);
    figures.Report($"  edges of {made} clients outside", map.Edges.Count(edge => edge.Source.AddressCount > 0), bound: 1);
    figures.Report("  resident", relay.Resident(), "MiB", MemoryBound);
}

// A pod that resolves more names than the relay holds. Another pod's name must stay.
async Task NamesAsync()
{
    const int made = 100_000;
    await using RelayProcess relay = await RelayProcess.StartAsync(program, objects);
    Resolution Answer(string client, string name, string address) => new()
    {
        ClientAddress = Bytes(client), Name = name, Addresses = { Bytes(address) }, TimeUnixNs = Clock.Now,
    };
    await relay.SendAsync([Answer(Other, "api.example.com", "198.51.100.10")]);
    await relay.SendAsync(Enumerable.Range(0, made).Select(i => Answer(
        Client, $"site-{i}.example.net", $"198.{18 + (i / 65536)}.{i / 256 % 256}.{i % 256}")));
    await relay.SendAsync([Flow(1, Side.Client, Other, 40000, "198.51.100.10", 443, ended: true)]);
    MapResponse map = await relay.MapAsync();
    figures.Report($"relay, names outside beyond its bound: {made}", made);
    figures.Report("  lost names of another pod", map.Edges.Count(edge => edge.Destination.Name != "api.example.com"), bound: 0);
    figures.Report("  resident", relay.Resident(), "MiB", MemoryBound);
}

// 1,000 services with ten clients each: the relay's answer, and the plugin's table.
async Task LargeMapAsync()
{
    const int services = 1_000, clients = 10;
    string file = Path.GetTempFileName();
    await File.WriteAllTextAsync(file, Town(services));
    await using RelayProcess relay = await RelayProcess.StartAsync(program, file);
    File.Delete(file);
    await relay.SendAsync(Enumerable.Range(0, services * clients).Select(i => Flow(
        (ulong)i + 1, Side.Client, Numbered("10.245", i / clients), 40_000 + (i % clients),
        Numbered("10.97", ((i / clients) + (i % clients) + 1) % services), 80, ended: true)));
    MapResponse map = await relay.MapAsync();
    figures.Report($"relay, map of {services} services: edges", map.Edges.Count);
    double answer = await MedianAsync(() => relay.QueryAsync());
    figures.Report("  answer of the relay, median of 5", answer, "ms", 200);
    string plugin = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(program))!, "kubectl-depmap");
    double table = await MedianAsync(() => PrintAsync(plugin, "map", "--relay", relay.Queries));
    figures.Report("  table in all, median of 5", table, "ms", 500);
    int size = 0;
    double page = await MedianAsync(async () => size = await PrintAsync(plugin, "map", "-o", "html", "--relay", relay.Queries));
    figures.Report("  page (html) in all, median of 5", page, "ms", 3_000);
    figures.Report("  size of the page", size / 1e6, "MB", 5);
    double why = await MedianAsync(() => PrintAsync(plugin, "why", "town-0/pod/pod-0", "town-1/svc/service-1", "--relay", relay.Queries));
    figures.Report("  why in all, without a port-forward, median of 5", why, "ms", 700);
}

async Task<int> PrintAsync(string plugin, params string[] arguments)
{
    var start = new ProcessStartInfo(plugin, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
    using Process process = Process.Start(start)!;
    Task<string> notes = process.StandardError.ReadToEndAsync();
    string output = await process.StandardOutput.ReadToEndAsync();
    await process.WaitForExitAsync();
    return process.ExitCode == 0 ? output.Length : throw new InvalidOperationException(await notes);
}

async Task<double> MedianAsync(Func<Task> run)
{
    var times = new List<double>();
    for (int i = 0; i < 5; i++)
    {
        long began = Stopwatch.GetTimestamp();
        await run();
        times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
    }

    return times.Order().ElementAt(2);
}

string Numbered(string net, int number) => $"{net}.{number / 250}.{(number % 250) + 1}";

string Town(int services) => $$"""
    {"apiVersion": "v1", "kind": "List", "items": [{{string.Join(",", Enumerable.Range(0, services).Select(i => $$"""
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "pod-{{i}}", "namespace": "town-{{i % 20}}", "uid": "pod-{{i}}"},
         "spec": {"nodeName": "node-a", "containers": []}, "status": {"podIP": "{{Numbered("10.245", i)}}", "phase": "Running"} },
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "service-{{i}}", "namespace": "town-{{i % 20}}"},
         "spec": {"clusterIP": "{{Numbered("10.97", i)}}", "ports": [{"port": 80, "targetPort": 80}]} }
        """))}}]}
    """;

Sighting Flow(ulong id, Side side, string client, int clientPort, string server, uint port, bool ended) => new()
{
    Id = id,
    Protocol = Protocol.Tcp,
    Side = side,
    State = State.Established,
    ClientAddress = Bytes(client),
    ClientPort = (uint)clientPort,
    ServerAddress = Bytes(server),
    ServerPort = port,
    OpenedUnixNs = Clock.Now,
    LastUnixNs = Clock.Now,
    HasInitialSequence = true,
    InitialSequence = (uint)id,
    Ended = ended,
};

double Counted(MapResponse map) => map.Edges.Sum(edge => (double)(edge.Forwarded + edge.Dropped));

ByteString Bytes(string address) => ByteString.CopyFrom(IPAddress.Parse(address).GetAddressBytes());

string Objects()
{
    string Pod(string name, string address) => $$"""
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "{{name}}", "namespace": "bench", "uid": "{{name}}" },
         "spec": {"nodeName": "node-a", "containers": []}, "status": {"podIP": "{{address}}", "phase": "Running"} }
        """;
    return $$"""
        {"apiVersion": "v1", "kind": "List", "items": [{{Pod("client", Client)}}, {{Pod("server", Server)}}, {{Pod("other", Other)}}]}
        """;
}
