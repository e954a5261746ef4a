using Depmap.Relay.Objects;

namespace Depmap.Relay.Names;

/// <summary>Holds the current names. One writer (the source of the cluster's objects), any number of readers.</summary>
internal sealed class NameTables
{
    private volatile ClusterNames _current = ClusterNames.Empty;

    public ClusterNames Current => _current;

    /// <summary>Must not be called concurrently.</summary>
    public void Apply(ClusterObjects objects, long now) => _current = _current.With(objects, now);
}
