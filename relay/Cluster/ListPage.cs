namespace Depmap.Relay.Cluster;

/// <summary>What stands around the items of a list.</summary>
/// <param name="Version">From where to watch.</param>
/// <param name="Continue">For the next page; null after the last.</param>
internal readonly record struct ListPage(string Version, string? Continue);
