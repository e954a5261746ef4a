using Depmap.Relay.Flows;
using Depmap.Relay.Names;
using Depmap.V1;
using Google.Protobuf;

namespace Depmap.Relay.Intake;

/// <summary>Reads the addresses that an agent reports of its node.</summary>
internal static class InterfaceAddressesMessage
{
    /// <summary>The valid ones; null if the batch has no report.</summary>
    public static List<Address>? Read(InterfaceAddresses? message)
    {
        if (message is null)
            return null;
        var addresses = new List<Address>(Math.Min(message.Addresses.Count, ReportedAddresses.MaxPerNode));
        foreach (ByteString bytes in message.Addresses.Take(ReportedAddresses.MaxPerNode))
        {
            if (Address.TryRead(bytes.Span, out Address address))
                addresses.Add(address);
        }

        return addresses;
    }
}
