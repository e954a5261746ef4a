using System.Text.Json;

namespace Depmap.Support;

/// <summary>A line of <c>observe -o json</c>.</summary>
public sealed record FlowLine(
    string Time,
    string Verdict,
    string? DropReason,
    string? DropReasonDetail,
    string Protocol,
    EndLine Source,
    EndLine Destination,
    string? Node,
    ulong? HandshakeUs,
    bool Guessed,
    bool Probe,
    bool Depmap)
{
    private static readonly JsonSerializerOptions Format = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public static List<FlowLine> ReadAll(string output) =>
        [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Read)];

    public static FlowLine Read(string line) => JsonSerializer.Deserialize<FlowLine>(line, Format)!;

    /// <summary>The flow in short: <c>TCP Deployment/web -> service cart:80 at Deployment/cart FORWARDED</c>.</summary>
    public override string ToString()
    {
        string server = Destination.Service is { } service ? $"service {service}" : Destination.Name ?? Destination.Ip ?? "?";
        string at = Destination.Workload is { } workload ? $" at {workload}" : "";
        string ends = $"{Protocol} {Source.Workload} -> {server}:{Destination.Port}{at}";
        return string.Join(' ', new[] { ends, Verdict, DropReason, DropReasonDetail, Guessed ? "guessed" : null }.OfType<string>());
    }
}
