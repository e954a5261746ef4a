using System.Buffers;
using System.Text.Json;
using Depmap.Common;
using Depmap.V1;

namespace Depmap.Plugin.Output;

/// <summary>
/// Prints a flow as Hubble's <c>-o jsonpb</c> does: a <c>GetFlowsResponse</c> in the JSON form of its protocol buffers, with the names of
/// the .proto files. What Hubble has no field for is left out.
/// </summary>
/// <remarks>Cilium: api/v1/flow/flow.proto and api/v1/observer/observer.proto.</remarks>
internal sealed class FlowHubble : IFlowFormat
{
    // Numbers of Cilium's drop reasons.
    private const int PolicyDenied = 133, NoBackend = 158;

    // Of Cilium's events; and its reserved identities.
    private const int Drop = 1, Trace = 4;
    private const int Host = 1, World = 2;

    private readonly ArrayBufferWriter<byte> _buffer = new(1024);
    private readonly Utf8JsonWriter _json = new(Stream.Null, new JsonWriterOptions { Encoder = JsonText.Encoder });

    public void Write(Flow flow, IBufferWriter<byte> line)
    {
        _buffer.ResetWrittenCount();
        _json.Reset(_buffer);
        string time = Time(IsClose(flow) ? flow.ClosedUnixNs : flow.TimeUnixNs);
        _json.WriteStartObject();
        WriteFlow(flow, time);
        WriteKnown("node_name"u8, flow.Node);
        _json.WriteString("time"u8, time);
        _json.WriteEndObject();
        _json.Flush();
        JsonText.Append(_buffer.WrittenSpan, line);
    }

    // In the order of the fields' numbers, as Hubble has them.
    private void WriteFlow(Flow flow, string time)
    {
        bool isDropped = flow.Verdict == Verdict.Dropped;
        (int number, string name) = Reason(flow.DropReason);
        _json.WriteStartObject("flow"u8);
        _json.WriteString("time"u8, time);
        if (flow.Id > 0)
            _json.WriteString("uuid"u8, $"{flow.Id:x16}");
        WriteKnown("verdict"u8, flow.Verdict is Verdict.Forwarded or Verdict.Dropped ? Words.Of(flow.Verdict)! : "");
        if (isDropped && number > 0)
            _json.WriteNumber("drop_reason"u8, number);
        WriteAddresses(flow);
        WritePorts(flow);
        WriteEnd("source"u8, flow.Source);
        WriteEnd("destination"u8, flow.Destination);
        _json.WriteString("Type"u8, "L3_L4"u8);
        WriteKnown("node_name"u8, flow.Node);
        WriteNames(flow.Destination);
        _json.WriteStartObject("event_type"u8);
        _json.WriteNumber("type"u8, isDropped ? Drop : Trace);
        if (isDropped && number > 0)
            _json.WriteNumber("sub_type"u8, number);
        _json.WriteEndObject();
        WriteService(flow.Destination);
        _json.WriteString("traffic_direction"u8, flow.Source is { Pod.Length: > 0 } ? "EGRESS"u8 : "INGRESS"u8);
        if (!isDropped)
            _json.WriteString("trace_observation_point"u8, "TO_ENDPOINT"u8);
        else if (number > 0) // as in all of its lines, what has the value 0 is left out
            _json.WriteString("drop_reason_desc"u8, name);
        _json.WriteBoolean("is_reply"u8, false);
        _json.WriteString("Summary"u8, Summary(flow));
        WritePolicies("egress_denied_by"u8, flow, isIngress: false);
        WritePolicies("ingress_denied_by"u8, flow, isIngress: true);
        _json.WriteEndObject();
    }

    private void WriteAddresses(Flow flow)
    {
        _json.WriteStartObject("IP"u8);
        WriteKnown("source"u8, flow.Source?.Ip ?? "");
        WriteKnown("destination"u8, flow.Destination?.Ip ?? "");
        _json.WriteString("ipVersion"u8, flow.Destination?.Ip.Contains(':') == true ? "IPv6"u8 : "IPv4"u8);
        _json.WriteEndObject();
    }

    private void WritePorts(Flow flow)
    {
        if (flow.Protocol is not (Protocol.Tcp or Protocol.Udp))
            return;
        _json.WriteStartObject("l4"u8);
        _json.WriteStartObject(flow.Protocol == Protocol.Tcp ? "TCP"u8 : "UDP"u8);
        WriteKnown("source_port"u8, flow.Source?.Port ?? 0);
        WriteKnown("destination_port"u8, flow.Destination?.Port ?? 0);
        if (flow.Protocol == Protocol.Tcp)
        {
            _json.WriteStartObject("flags"u8);
            _json.WriteBoolean(IsClose(flow) ? "FIN"u8 : "SYN"u8, true);
            _json.WriteEndObject();
        }

        _json.WriteEndObject();
        _json.WriteEndObject();
    }

    private void WriteEnd(ReadOnlySpan<byte> name, Endpoint? end)
    {
        if (end is null)
            return;
        _json.WriteStartObject(name);
        // Hubble prints a reserved label for what has no pod.
        (int identity, string label) = end switch
        {
            { Pod.Length: > 0 } => (0, ""),
            { Node.Length: > 0 } => (Host, "reserved:host"),
            { Service.Length: > 0 } => (0, ""),
            _ => (World, "reserved:world"),
        };
        WriteKnown("identity"u8, (uint)identity);
        WriteKnown("namespace"u8, end.Namespace);
        if (label.Length > 0)
        {
            _json.WriteStartArray("labels"u8);
            _json.WriteStringValue(label);
            _json.WriteEndArray();
        }

        WriteKnown("pod_name"u8, end.Pod);
        if (end.Workload.Split('/', 2) is [var kind, var workload])
        {
            _json.WriteStartArray("workloads"u8);
            _json.WriteStartObject();
            _json.WriteString("name"u8, workload);
            _json.WriteString("kind"u8, kind);
            _json.WriteEndObject();
            _json.WriteEndArray();
        }

        _json.WriteEndObject();
    }

    private void WriteNames(Endpoint? server)
    {
        if (server is not { Name.Length: > 0 })
            return;
        _json.WriteStartArray("destination_names"u8);
        foreach (string name in server.Names.Count > 0 ? server.Names : (IEnumerable<string>)[server.Name])
            _json.WriteStringValue(name);
        _json.WriteEndArray();
    }

    private void WriteService(Endpoint? server)
    {
        if (server is not { Service.Length: > 0 })
            return;
        _json.WriteStartObject("destination_service"u8);
        _json.WriteString("name"u8, server.Service);
        WriteKnown("namespace"u8, server.Namespace);
        _json.WriteEndObject();
    }

    private void WritePolicies(ReadOnlySpan<byte> name, Flow flow, bool isIngress)
    {
        PolicyDirection? denied = flow.DropReason == DropReason.Policy
            ? flow.Policy?.Directions.FirstOrDefault(direction => direction.Ingress == isIngress && !direction.Allowed)
            : null;
        if (denied is not { Policies.Count: > 0 })
            return;
        _json.WriteStartArray(name);
        foreach (PolicyName policy in denied.Policies)
        {
            _json.WriteStartObject();
            _json.WriteString("name"u8, policy.Name);
            WriteKnown("namespace"u8, policy.Namespace);
            WriteKnown("kind"u8, policy.Kind);
            _json.WriteEndObject();
        }

        _json.WriteEndArray();
    }

    private void WriteKnown(ReadOnlySpan<byte> name, string value)
    {
        if (value.Length > 0)
            _json.WriteString(name, value);
    }

    private void WriteKnown(ReadOnlySpan<byte> name, uint value)
    {
        if (value > 0)
            _json.WriteNumber(name, value);
    }

    // The JSON form of google.protobuf.Timestamp has 0, 3, 6 or 9 fractional digits.
    private static string Time(long unixNanoseconds)
    {
        string time = UnixTime.ToRfc3339(unixNanoseconds);
        while (time.EndsWith("000Z", StringComparison.Ordinal) && time.Contains('.'))
            time = time[..^4] + "Z";
        return time.Replace(".Z", "Z", StringComparison.Ordinal);
    }

    private static bool IsClose(Flow flow) => flow.ClosedUnixNs > 0;

    private static (int Number, string Name) Reason(DropReason reason) => reason switch
    {
        DropReason.Policy => (PolicyDenied, "POLICY_DENIED"),
        DropReason.NoEndpoints => (NoBackend, "SERVICE_BACKEND_NOT_FOUND"),
        _ => (0, ""),
    };

    private static string Summary(Flow flow)
    {
        string packet = flow.Protocol switch
        {
            Protocol.Tcp => IsClose(flow) ? "TCP Flags: FIN" : "TCP Flags: SYN",
            _ => Words.Of(flow.Protocol) ?? "",
        };
        (string? reason, string? detail) = Words.Of(flow.DropReason, flow.DropReasonDetail);
        return reason is null ? packet : detail is null ? $"{packet}; {reason}" : $"{packet}; {reason} ({detail})";
    }
}
