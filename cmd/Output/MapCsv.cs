using System.Globalization;
using System.Text;
using Depmap.Common;
using Depmap.Plugin.Maps;
using Depmap.V1;

namespace Depmap.Plugin.Output;

/// <summary>Prints the map as CSV (RFC 4180) for spreadsheets.</summary>
internal static class MapCsv
{
    private const string LineEnd = "\r\n"; // RFC 4180 2.1

    private static readonly string[] Columns =
    [
        "source_namespace", "source_kind", "source_name", "source_addresses", "destination_namespace", "destination_kind",
        "destination_name", "destination_addresses", "destination_workload", "protocol", "port", "forwarded", "dropped", "drop_reasons",
        "bytes_to_server", "bytes_to_client", "bytes_within_zone", "bytes_across_zones", "handshake_mean_us", "first_seen", "last_seen",
        "guessed", "probe", "depmap",
    ];

    public static string Write(IReadOnlyList<Edge> edges, bool hasHeadings = true)
    {
        var text = new StringBuilder();
        if (hasHeadings)
            AppendRow(text, Columns);
        foreach (Edge edge in edges)
            AppendRow(text, Cells(edge));
        return text.ToString();
    }

    private static IEnumerable<string> Cells(Edge edge) =>
    [
        .. End(edge.Source, edge.MoreAddresses),
        .. End(edge.Destination, edge.MoreAddresses),
        Workloads(edge),
        Words.Of(edge.Protocol) ?? "",
        edge.Destination is { Port: > 0 } server ? Number(server.Port) : "",
        Number(edge.Forwarded),
        Number(edge.Dropped),
        MapColumns.Reasons(edge),
        Number(edge.BytesToServer),
        Number(edge.BytesToClient),
        Number(edge.BytesWithinZone),
        Number(edge.BytesAcrossZones),
        FlowFields.Microseconds(edge.HandshakeMeanNs) is { } microseconds ? Number(microseconds) : "",
        Time(edge.FirstSeenUnixNs),
        Time(edge.LastSeenUnixNs),
        Flag(edge.Guessed),
        Flag(edge.Probe),
        Flag(edge.Depmap),
    ];

    /// <summary>Those behind a service, separated by commas.</summary>
    private static string Workloads(Edge edge) => edge.Destination is not { Service.Length: > 0 } service ? ""
        : service.Workload.Length > 0 ? service.Workload
        : string.Join(',', edge.DestinationWorkloads);

    private static IEnumerable<string> End(Endpoint? end, bool more)
    {
        (string kind, string ns, string name) = EndIdentity.Of(end);
        bool hasAddress = end is { AddressCount: > 0, Ip.Length: > 0 };
        string addresses = end is not { AddressCount: > 0 } ? "" : hasAddress ? end.Ip : $"{(more ? "more than " : "")}{end.AddressCount}";
        return [ns, kind, name, addresses];
    }

    private static void AppendRow(StringBuilder text, IEnumerable<string> cells) =>
        text.AppendJoin(',', cells.Select(Escape)).Append(LineEnd);

    private static string Escape(string cell)
    {
        string safe = PlainText.Of(cell);
        // Spreadsheets evaluate cells that begin like this; an apostrophe makes them text (OWASP, CSV injection).
        if (safe.Length > 0 && safe[0] is '=' or '+' or '-' or '@')
            safe = "'" + safe;
        return safe.AsSpan().ContainsAny(",\"\r\n") ? $"\"{safe.Replace("\"", "\"\"")}\"" : safe;
    }

    private static string Number(ulong number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Time(long unixNanoseconds) => unixNanoseconds > 0 ? UnixTime.ToRfc3339(unixNanoseconds) : "";

    private static string Flag(bool value) => value ? "true" : "false";
}
