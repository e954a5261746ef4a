using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Depmap.V1;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Net.Client;

namespace Depmap.Relay.Bench;

/// <summary>A relay with its default bounds on loopback ports, and one agent's stream to it.</summary>
internal sealed partial class RelayProcess : IAsyncDisposable
{
    private const int BatchSize = 512;

    private readonly Process _process;
    private readonly GrpcChannel _intake, _queries;
    private readonly AsyncDuplexStreamingCall<AgentMessage, Acknowledgement> _stream;
    private ulong _sequence;

    private RelayProcess(Process process, string intake, string queries)
    {
        _process = process;
        Queries = queries;
        _intake = GrpcChannel.ForAddress($"http://{intake}");
        _queries = GrpcChannel.ForAddress($"http://{queries}");
        _stream = new Intake.IntakeClient(_intake).Report();
    }

    /// <summary>The address for readers, HOST:PORT.</summary>
    public string Queries { get; }

    /// <param name="program">The path of depmap-relay.</param>
    /// <param name="objects">A file with a Kubernetes List.</param>
    public static async Task<RelayProcess> StartAsync(string program, string objects)
    {
        var start = new ProcessStartInfo(
            program, ["--intake", "127.0.0.1:0", "--queries", "127.0.0.1:0", "--objects", objects]) { RedirectStandardError = true };
        // As in a container with the limit of manifests/relay.yaml, 512 MiB: three quarters of it. In hexadecimal digits.
        start.Environment["DOTNET_GCHeapHardLimit"] = (384 << 20).ToString("x", CultureInfo.InvariantCulture);
        Process process = Process.Start(start)!;
        string[] addresses = ["", ""];
        while (addresses.Contains("") && await process.StandardError.ReadLineAsync() is { } line)
        {
            if (Listening().Match(line) is { Success: true } match)
                addresses[match.Groups[1].Value == "intake" ? 0 : 1] = match.Groups[2].Value;
        }

        _ = process.StandardError.ReadToEndAsync();
        var relay = new RelayProcess(process, addresses[0], addresses[1]);
        var hello = new Hello { Node = "node-a", Epoch = 1, Version = "bench" };
        await relay._stream.RequestStream.WriteAsync(new AgentMessage { Hello = hello });
        return relay;
    }

    public async Task SendAsync(IEnumerable<Sighting> sightings)
    {
        foreach (Sighting[] chunk in sightings.Chunk(BatchSize))
            await SendAsync(new Batch { Sightings = { chunk } });
    }

    public async Task SendAsync(IEnumerable<Resolution> resolutions)
    {
        foreach (Resolution[] chunk in resolutions.Chunk(BatchSize))
            await SendAsync(new Batch { Resolutions = { chunk } });
    }

    public async Task<MapResponse> MapAsync()
    {
        // A flow is on the map once no further sighting of it is expected.
        await Task.Delay(TimeSpan.FromSeconds(5));
        return await QueryAsync();
    }

    public async Task<MapResponse> QueryAsync() => await new V1.Queries.QueriesClient(_queries).GetMapAsync(new MapRequest());

    /// <summary>Flows that are not counted, for whatever reason. Of forgotten ones only the end and further bytes are missing.</summary>
    public static ulong Lost(MapResponse map) => map.UnmappedFlows + (map.Lost is null ? 0 : Sum(map.Lost) - map.Lost.ForgottenFlows);

    /// <summary>Resident memory in MiB.</summary>
    public double Resident()
    {
        _process.Refresh();
        return _process.WorkingSet64 / 1048576.0;
    }

    public async ValueTask DisposeAsync()
    {
        _stream.Dispose();
        _intake.Dispose();
        _queries.Dispose();
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private async Task SendAsync(Batch batch)
    {
        batch.Sequence = ++_sequence;
        batch.SentUnixNs = Clock.Now;
        await _stream.RequestStream.WriteAsync(new AgentMessage { Batch = batch });
        if (!await _stream.ResponseStream.MoveNext(default))
            throw new InvalidOperationException("The relay ended the stream.");
    }

    private static ulong Sum(IMessage message)
    {
        ulong sum = 0;
        foreach (FieldDescriptor field in message.Descriptor.Fields.InFieldNumberOrder())
        {
            object? value = field.Accessor.GetValue(message);
            sum += value is ulong number ? number : value is IMessage part ? Sum(part) : 0;
        }

        return sum;
    }

    [GeneratedRegex(@"(intake|queries) on (\S+)")]
    private static partial Regex Listening();
}
