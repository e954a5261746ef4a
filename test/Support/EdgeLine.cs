using System.Text.Json;

namespace Depmap.Support;

/// <summary>An edge of <c>map -o json</c>.</summary>
public sealed record EdgeLine(
    EndLine Source,
    EndLine Destination,
    string Protocol,
    long Forwarded,
    long Dropped,
    List<DropReasonCount>? DropReasons,
    long BytesToServer,
    long BytesToClient,
    bool Guessed)
{
    private static readonly JsonSerializerOptions Format = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public static List<EdgeLine> ReadAll(string output) => JsonSerializer.Deserialize<MapLine>(output, Format)!.Edges;

    /// <summary>The edge in short: <c>TCP Deployment/web -> service cart:80 7 forwarded, 0 dropped</c>.</summary>
    public override string ToString()
    {
        string server = Destination.Service is { } service
            ? $"service {service}"
            : Destination.Workload ?? Destination.Name ?? Destination.Ip ?? "?";
        string reasons = string.Concat((DropReasons ?? []).Select(drop => $" {drop.Reason} {drop.Detail}".TrimEnd() + $":{drop.Count}"));
        return $"{Protocol} {Source.Workload ?? Source.Ip} -> {server}:{Destination.Port} {Forwarded} forwarded, {Dropped} dropped{reasons}";
    }

    private sealed record MapLine(List<EdgeLine> Edges);
}
