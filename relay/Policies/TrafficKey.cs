using Depmap.Relay.Flows;
using Depmap.V1;

namespace Depmap.Relay.Policies;

/// <summary>Flows with the same key are the same to policies.</summary>
internal readonly record struct TrafficKey(TrafficKey.End Client, TrafficKey.End Server, Protocol Protocol, ushort Port)
{
    public bool IsOutside => Client.Workload is null || Server.Workload is null;

    public static TrafficKey Of(in PolicyConnection connection) =>
        new(End.Of(connection.Client), End.Of(connection.Server), connection.Protocol, connection.Port);

    /// <param name="Workload"><c>KIND/NAME</c>; null for nodes, pods on their network, and addresses outside.</param>
    /// <param name="Address">Unless it is a workload.</param>
    internal readonly record struct End(string? Namespace, string? Workload, Address Address)
    {
        public static End Of(PolicyEnd end) =>
            end.IsPod ? new End(end.Owner!.Namespace, end.Owner.Workload, default) : new End(null, null, end.Address);
    }
}
