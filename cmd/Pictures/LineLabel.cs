using Depmap.Plugin.Output;

namespace Depmap.Plugin.Pictures;

/// <summary>The short text at a line: ports and protocols, such as <c>80, 53/UDP</c>, and how many connections failed.</summary>
internal static class LineLabel
{
    private const int MaxPorts = 4;

    public static string Of(GraphLine line)
    {
        string[] ports =
        [
            .. line.Edges
                .Select(edge => (edge.Destination?.Port ?? 0, Words.Of(edge.Protocol)))
                .Distinct()
                .Order()
                .Select(port => port.Item2 is null or "TCP" ? $"{port.Item1}" : $"{port.Item1}/{port.Item2}"),
        ];
        string text = ports.Length > MaxPorts
            ? $"{string.Join(", ", ports[..(MaxPorts - 1)])}, … ({ports.Length} ports)"
            : string.Join(", ", ports);
        ulong dropped = line.Traffic.Dropped;
        return dropped > 0 ? $"{text} ({dropped} dropped)" : text;
    }
}
