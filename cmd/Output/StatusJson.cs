using Depmap.Plugin.Health;

namespace Depmap.Plugin.Output;

/// <summary>Prints the state of an installation as one JSON object. Unknown fields are left out.</summary>
internal static class StatusJson
{
    public static string Write(StatusReport report)
    {
        var fields = new StatusFields(
            report.Errors.Count == 0,
            new RelayFields(report.Relay.NotReadyReason is null, report.Relay.Node, report.Relay.Version, report.Relay.NotReadyReason),
            [.. report.Agents.Select(AgentFields.Of)],
            CertificateFields.Of(report.Certificates),
            report.Api,
            report.Notes,
            report.Errors);
        return IndentedJson.Write(fields, StatusJsonContext.Default.StatusFields);
    }

    public static string? Time(DateTimeOffset? time) => time is { } known ? $"{known.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss}Z" : null;
}
