using System.Globalization;
using System.Text.Json;
using Depmap.Common;
using Depmap.V1;

namespace Depmap.Plugin.Output;

/// <summary>Reads a flow as <see cref="FlowJson"/> printed it. Fields that this version does not know are ignored.</summary>
internal static class FlowRecord
{
    /// <returns>Null if the line is no such flow.</returns>
    public static Flow? Parse(string line)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            return Read(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or OverflowException)
        {
            return null; // not JSON, or a value of another kind
        }
    }

    private static Flow? Read(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object
            || !UnixTime.TryParseRfc3339(Text(json, "time"), out long time)
            || ReadEnd(json, "source") is not { } source
            || ReadEnd(json, "destination") is not { } destination)
        {
            return null;
        }

        (DropReason reason, string detail) = ReadReason(Text(json, "drop_reason"), Text(json, "drop_reason_detail"));
        bool hasPolicy = json.TryGetProperty("policy", out JsonElement policy);
        bool isClose = UnixTime.TryParseRfc3339(Text(json, "closed"), out long closed);
        return new Flow
        {
            TimeUnixNs = time,
            Verdict = Enum.GetValues<Verdict>().FirstOrDefault(verdict => Words.Of(verdict) == Text(json, "verdict")),
            DropReason = reason,
            DropReasonDetail = detail,
            Protocol = Enum.GetValues<Protocol>().FirstOrDefault(protocol => Words.Of(protocol) == Text(json, "protocol")),
            Source = source,
            Destination = destination,
            Node = Text(json, "node"),
            HandshakeNs = Number(json, "handshake_us") * 1000,
            Guessed = Flag(json, "guessed"),
            Probe = Flag(json, "probe"),
            Depmap = Flag(json, "depmap"),
            Id = ulong.TryParse(Text(json, "id"), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong id) ? id : 0,
            ClosedUnixNs = isClose ? closed : 0,
            DurationNs = Number(json, "duration_us") * 1000,
            BytesToServer = Number(json, "bytes_to_server"),
            BytesToClient = Number(json, "bytes_to_client"),
            PacketsToServer = Number(json, "packets_to_server"),
            PacketsToClient = Number(json, "packets_to_client"),
            Policy = hasPolicy ? ReadPolicy(policy) : null,
        };
    }

    private static Endpoint? ReadEnd(JsonElement flow, string name)
    {
        if (!flow.TryGetProperty(name, out JsonElement json) || json.ValueKind != JsonValueKind.Object)
            return null;
        var end = new Endpoint
        {
            Namespace = Text(json, "namespace"),
            Pod = Text(json, "pod"),
            Workload = Text(json, "workload"),
            Service = Text(json, "service"),
            Node = Text(json, "node"),
            Ip = Text(json, "ip"),
            Port = checked((uint)Number(json, "port")),
            PodIp = Text(json, "pod_ip"),
            PodPort = checked((uint)Number(json, "pod_port")),
            Name = Text(json, "name"),
        };
        end.Names.Add(Texts(json, "names"));
        return end;
    }

    private static PolicyVerdict ReadPolicy(JsonElement json)
    {
        var verdict = new PolicyVerdict { Allowed = Flag(json, "allowed"), Limits = { Texts(json, "limits") } };
        if (!json.TryGetProperty("directions", out JsonElement directions))
            return verdict;
        foreach (JsonElement direction in directions.EnumerateArray())
        {
            verdict.Directions.Add(new PolicyDirection
            {
                Ingress = Text(direction, "direction") == "ingress",
                Allowed = Flag(direction, "allowed"),
                Policies = { Texts(direction, "policies").Select(ReadPolicyName) },
                Reason = Text(direction, "reason"),
                Nearest = Text(direction, "nearest"),
            });
        }

        return verdict;
    }

    // NAMESPACE/NAME, or KIND/NAME for the kinds without a namespace. A kind starts with a capital letter, a namespace does not.
    private static PolicyName ReadPolicyName(string text)
    {
        string first = text.Split('/')[0], name = text[(text.IndexOf('/') + 1)..];
        return first.Length > 0 && char.IsAsciiLetterUpper(first[0])
            ? new PolicyName { Kind = first, Name = name }
            : new PolicyName { Kind = "NetworkPolicy", Namespace = first, Name = name };
    }

    // For a reason that only the kernel names, the reason is that name.
    private static (DropReason Reason, string Detail) ReadReason(string word, string detail)
    {
        if (word.Length == 0)
            return (DropReason.Unspecified, detail);
        DropReason known = Enum.GetValues<DropReason>()
            .FirstOrDefault(reason => reason != DropReason.Kernel && Words.Of(reason, "").Reason == word);
        return known != DropReason.Unspecified ? (known, detail) : (DropReason.Kernel, word);
    }

    private static string Text(JsonElement json, string name) =>
        json.TryGetProperty(name, out JsonElement value) ? value.GetString() ?? "" : "";

    private static string[] Texts(JsonElement json, string name) =>
        json.TryGetProperty(name, out JsonElement values) ? [.. values.EnumerateArray().Select(each => each.GetString() ?? "")] : [];

    private static ulong Number(JsonElement json, string name) => json.TryGetProperty(name, out JsonElement value) ? value.GetUInt64() : 0;

    private static bool Flag(JsonElement json, string name) => json.TryGetProperty(name, out JsonElement value) && value.GetBoolean();
}
