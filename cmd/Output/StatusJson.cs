using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Depmap.Plugin.Health;
using Depmap.V1;

namespace Depmap.Plugin.Output;

/// <summary>An installation's state as one JSON object. What is not known is absent.</summary>
internal static class StatusJson
{
    public static string Write(StatusReport report)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var options = new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        using (var json = new Utf8JsonWriter(buffer, options))
        {
            var fields = new StatusFields(
                report.Problems.Count == 0,
                new RelayFields(report.Relay.WaitsFor is null, report.Relay.Node, report.Relay.Version, report.Relay.WaitsFor),
                [.. report.Agents.Select(AgentFields.Of)],
                Time(report.CertificatesEnd),
                report.Api,
                report.Notes,
                report.Problems);
            JsonSerializer.Serialize(json, fields, StatusJsonContext.Default.StatusFields);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan) + "\n";
    }

    public static string? Time(DateTimeOffset? time) => time is { } known ? $"{known.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss}Z" : null;
}

internal sealed record StatusFields(
    bool Healthy,
    RelayFields Relay,
    AgentFields[] Agents,
    string? CertificatesEnd,
    ApiUsage? Api,
    IReadOnlyList<string> Notes,
    IReadOnlyList<string> Problems);

internal sealed record RelayFields(bool Ready, string? Node, string? Version, string? WaitsFor);

internal sealed record AgentFields(
    string Node,
    bool Ready,
    string? Version,
    string Kernel,
    string? AttachMode,
    KernelFeatureFields? KernelFeatures,
    uint? Interfaces,
    AttachmentFields? Attachments,
    bool? Connected,
    ulong? Lost,
    string? LastHeard,
    double? ClockSkewMs,
    double? FlowsPerSecond,
    string? WaitsFor)
{
    public static AgentFields Of(AgentState agent) => new(
        agent.Node,
        agent.WaitsFor is null,
        agent.Version,
        agent.Kernel,
        agent.Seen?.AttachMode,
        agent.Seen?.Features is { } features ? KernelFeatureFields.Of(features) : null,
        agent.Seen?.Interfaces,
        agent.Seen?.Attachments is { } attachments ? AttachmentFields.Of(attachments) : null,
        agent.Seen?.Connected,
        agent.Seen?.Lost,
        StatusJson.Time(agent.Seen?.LastHeard),
        agent.Seen?.ClockSkew is { } skew ? Math.Round(skew.TotalMilliseconds, 1) : null,
        agent.Seen?.FlowsPerSecond,
        agent.WaitsFor);
}

internal sealed record KernelFeatureFields(string? Drops, bool SocketCgroups)
{
    public static KernelFeatureFields Of(KernelFeatures features) => new(Words.Of(features.Drops), features.SocketCgroups);
}

internal sealed record AttachmentFields(uint OneDirection, uint Preceded, uint Unobserved, uint Waiting, uint Failing, ulong Restored)
{
    public static AttachmentFields Of(Attachments its) =>
        new(its.OneDirection, its.Preceded, its.Unobserved, its.Waiting, its.Failing, its.Restored);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    GenerationMode = JsonSourceGenerationMode.Serialization)]
[JsonSerializable(typeof(StatusFields))]
internal sealed partial class StatusJsonContext : JsonSerializerContext;
