using Depmap.Relay.Flows;
using Depmap.Relay.Policies;
using Depmap.V1;
using Google.Protobuf;

namespace Depmap.Relay.History;

/// <summary>Converts what policies see of traffic to rows of the file, and back.</summary>
internal static class TrafficCodec
{
    /// <summary>The same for the same key of the table.</summary>
    public static string KeyOf(TrafficEntry entry)
    {
        var key = TrafficKey.Of(entry.Last);
        return $"{TextOf(key.Client)} {TextOf(key.Server)} {(int)key.Protocol} {key.Port}";
    }

    public static byte[] Write(TrafficEntry entry)
    {
        var stored = new StoredTraffic
        {
            Client = Create(entry.Last.Client),
            Server = Create(entry.Last.Server),
            Protocol = entry.Last.Protocol,
            Port = entry.Last.Port,
            ServiceNamespace = entry.Service?.Namespace ?? "",
            ServiceName = entry.Service?.Name ?? "",
            Flows = entry.Flows,
            FirstSeenUnixNs = entry.FirstSeen,
            LastSeenUnixNs = entry.LastSeen,
        };
        if (entry.Outside is { } outside)
            stored.Names.Add([outside.Name, .. outside.All.Where(name => name != outside.Name)]);
        return stored.ToByteArray();
    }

    /// <exception cref="InvalidDataException">It is no such row.</exception>
    public static TrafficEntry Read(byte[] row)
    {
        StoredTraffic stored;
        try
        {
            stored = StoredTraffic.Parser.ParseFrom(row);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new InvalidDataException(e.Message, e);
        }

        return new TrafficEntry(
            new PolicyConnection(Read(stored.Client), Read(stored.Server), stored.Protocol, (ushort)stored.Port),
            stored.ServiceName.Length > 0 ? new ServiceId(stored.ServiceNamespace, stored.ServiceName) : null,
            stored.Names.Count > 0 ? new ResolvedName(stored.Names[0], [.. stored.Names]) : null,
            stored.Flows,
            stored.FirstSeenUnixNs,
            stored.LastSeenUnixNs);
    }

    private static string TextOf(TrafficKey.End end) =>
        end.Workload is null ? end.Address.ToString() : $"{end.Namespace}/{end.Workload}";

    private static StoredEnd Create(PolicyEnd end)
    {
        var stored = new StoredEnd { Address = end.Address.ToString() };
        if (end.Owner is not { } owner)
            return stored;
        stored.Owner = new StoredOwner
        {
            Node = owner.Node,
            Namespace = owner.Namespace ?? "",
            Pod = owner.Pod ?? "",
            Workload = owner.Workload ?? "",
            HostNetwork = owner.HostNetwork,
        };
        foreach ((string key, string value) in owner.Labels?.All ?? [])
            stored.Owner.Labels.Add(key, value);
        foreach (NamedPort port in owner.Ports ?? [])
            stored.Owner.Ports.Add(new StoredPort { Name = port.Name, Protocol = port.Protocol, Port = port.Port });
        return stored;
    }

    private static PolicyEnd Read(StoredEnd? end)
    {
        if (end is null || !Address.TryParse(end.Address, out Address address))
            throw new InvalidDataException($"\"{end?.Address}\" is no address");
        return new PolicyEnd(end.Owner is { } owner ? Read(owner) : null, address);
    }

    private static Owner Read(StoredOwner owner) => new(
        owner.Node,
        Optional(owner.Namespace),
        Optional(owner.Pod),
        Optional(owner.Workload),
        Labels: owner.Labels.Count > 0 ? new LabelSet(owner.Labels) : null,
        Ports: owner.Ports.Count > 0 ? [.. owner.Ports.Select(port => new NamedPort(port.Name, port.Protocol, (ushort)port.Port))] : null,
        HostNetwork: owner.HostNetwork);

    private static string? Optional(string text) => text.Length > 0 ? text : null;
}
