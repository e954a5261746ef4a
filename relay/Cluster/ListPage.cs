namespace Depmap.Relay.Cluster;

/// <summary>The metadata of a list response.</summary>
/// <param name="Version">The version to watch from.</param>
/// <param name="Continue">The token for the next page; null for the last page.</param>
internal readonly record struct ListPage(string Version, string? Continue);
