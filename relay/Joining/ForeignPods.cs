using Depmap.Relay.Flows;
using Depmap.Relay.Names;
using Depmap.V1;

namespace Depmap.Relay.Joining;

/// <summary>
/// Ignores what an agent reports of the interfaces of pods on other nodes: it cannot have seen it, and would name those pods'
/// connections.
/// </summary>
internal static class ForeignPods
{
    /// <summary>The sightings that an agent on this node can have made; the list itself if those are all.</summary>
    public static IReadOnlyList<Sighting> Exclude(IReadOnlyList<Sighting> sightings, string node, ClusterNames names)
    {
        // An agent that is started by hand may name its node differently than Kubernetes.
        if (!names.Nodes.Contains(node))
            return sightings;
        for (int i = 0; i < sightings.Count; i++)
        {
            if (IsForeign(sightings[i], node, names))
                return [.. sightings.Where(sighting => !IsForeign(sighting, node, names))];
        }

        return sightings;
    }

    private static bool IsForeign(in Sighting sighting, string node, ClusterNames names)
    {
        if (sighting.Side == Side.Node)
            return false;
        Address pod = (sighting.Side == Side.Client ? sighting.Client : sighting.Server).Address;
        return names.Addresses.IsElsewhere(pod, node, sighting.Opened, sighting.InterfaceSince);
    }
}
