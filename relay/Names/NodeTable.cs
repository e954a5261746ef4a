using Depmap.Relay.Flows;
using Depmap.Relay.Objects;

namespace Depmap.Relay.Names;

/// <summary>What the map knows of nodes: their zones and the ranges of their pods' addresses. Immutable.</summary>
internal sealed class NodeTable
{
    public static readonly NodeTable Empty = new([]);

    private readonly HashSet<string> _names;
    private readonly Dictionary<string, string> _zones;
    private readonly AddressRange[] _podRanges;

    public NodeTable(IReadOnlyCollection<NodeObject> nodes)
    {
        _names = [.. nodes.Select(node => node.Name)];
        _zones = nodes.Where(node => node.Zone is not null).DistinctBy(node => node.Name)
            .ToDictionary(node => node.Name, node => node.Zone!);
        _podRanges = [.. nodes.SelectMany(node => node.PodRanges).Distinct()];
    }

    public bool Contains(string node) => _names.Contains(node);

    /// <summary>The zone of a node; null if it is not known.</summary>
    public string? FindZone(string? node) => node is null ? null : _zones.GetValueOrDefault(node);

    /// <summary>Whether a node gives such addresses to its pods.</summary>
    public bool IsPodAddress(Address address)
    {
        foreach (AddressRange range in _podRanges)
        {
            if (range.Contains(address))
                return true;
        }

        return false;
    }
}
