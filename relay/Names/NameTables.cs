using Depmap.Relay.Objects;

namespace Depmap.Relay.Names;

/// <summary>Holds the present names: whoever watches the cluster puts them in, all others read.</summary>
internal sealed class NameTables
{
    private volatile ClusterNames _current = ClusterNames.Empty;

    public ClusterNames Current => _current;

    /// <summary>Called by one writer only.</summary>
    public void Apply(ClusterObjects objects, long now) => _current = _current.With(objects, now);
}
