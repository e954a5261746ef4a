using System.Text.Json;
using Depmap.Relay.Flows;

namespace Depmap.Relay.Objects;

/// <summary>
/// Reads the addresses of all interfaces of a pod from the annotation that Multus and others write (Network Plumbing Working
/// Group, Network Custom Resource Definition De-facto Standard 1.3, 5.1).
/// </summary>
internal static class NetworkStatusReader
{
    private const string Annotation = "k8s.v1.cni.cncf.io/network-status";
    private const int MaxAddresses = 32;

    /// <summary>The addresses; none without the annotation, or if it is not as specified: anyone may write it.</summary>
    public static List<Address> Read(LocatedElement? annotations)
    {
        var addresses = new List<Address>();
        if (annotations?.IsString(Annotation) != true)
            return addresses;
        try
        {
            using JsonDocument status = JsonDocument.Parse(annotations.Value.GetString(Annotation));
            foreach (JsonElement network in Entries(status.RootElement))
            {
                if (network.ValueKind != JsonValueKind.Object || !network.TryGetProperty("ips", out JsonElement ips))
                    continue;
                foreach (JsonElement ip in Entries(ips))
                {
                    if (addresses.Count < MaxAddresses && ip.ValueKind == JsonValueKind.String
                        && Address.TryParse(ip.GetString(), out Address address))
                    {
                        addresses.Add(address);
                    }
                }
            }
        }
        catch (JsonException)
        {
            return [];
        }

        return addresses;
    }

    private static IEnumerable<JsonElement> Entries(JsonElement list) =>
        list.ValueKind == JsonValueKind.Array ? list.EnumerateArray() : [];
}
