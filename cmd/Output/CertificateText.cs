using Depmap.Plugin.Health;

namespace Depmap.Plugin.Output;

/// <summary>When the certificates of agents and relay expire, as a sentence.</summary>
internal static class CertificateText
{
    public static string Write(CertificateReport report)
    {
        (string Name, DateTimeOffset? End)[] all = [("relay", report.Relay), ("agents", report.Agents), ("authority", report.Authority)];
        string ends = string.Join(", ", all.Where(one => one.End is not null).Select(one => $"{one.Name} {one.End:yyyy-MM-dd}"));
        string renewal = report.RenewedByRelay ? " The relay renews them." : "";
        return ends.Length > 0 ? $"The certificates expire: {ends}.{renewal}" : "There are no certificates yet.";
    }
}
