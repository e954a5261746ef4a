namespace Depmap.Plugin.Output;

/// <summary>The JSON fields of the map.</summary>
internal sealed record MapFields(EdgeFields[] Edges);
