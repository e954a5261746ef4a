using Depmap.Relay.Flows;

namespace Depmap.Relay.Policies;

/// <summary>What was seen with one key.</summary>
/// <param name="Last">The last connection, with the pods of both ends.</param>
/// <param name="Service">The service that the client called last; null if it called none yet.</param>
/// <param name="Outside">The name of the server outside, likewise.</param>
/// <param name="FirstSeen">Unix nanoseconds, as <paramref name="LastSeen"/>.</param>
internal readonly record struct TrafficEntry(
    PolicyConnection Last, ServiceId? Service, ResolvedName? Outside, ulong Flows, long FirstSeen, long LastSeen)
{
    /// <summary>By which the client knew the server, if that is no pod; null if it is not known.</summary>
    public string? Name => Service is { } service ? $"{service.Namespace}/{service.Name}" : Outside?.Name;

    public bool Concerns(IReadOnlyCollection<string> namespaces) =>
        namespaces.Count == 0 || Concerns(namespaces, Last.Client) || Concerns(namespaces, Last.Server);

    private static bool Concerns(IReadOnlyCollection<string> namespaces, PolicyEnd end) =>
        end is { IsPod: true, Owner.Namespace: { } ns } && namespaces.Contains(ns);
}
