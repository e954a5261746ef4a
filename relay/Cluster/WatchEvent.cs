namespace Depmap.Relay.Cluster;

/// <summary>The type of a watch event.</summary>
internal enum WatchEvent
{
    AddedOrModified,
    Deleted,
    Bookmark,
    Error,
}
