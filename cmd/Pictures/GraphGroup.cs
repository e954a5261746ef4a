namespace Depmap.Plugin.Pictures;

/// <summary>Nodes that are drawn in one box, or folded to one node.</summary>
internal sealed record GraphGroup(string Name, GraphGroupKind Kind)
{
    public bool IsOutside => Kind is GraphGroupKind.OutsideClients or GraphGroupKind.OutsideServers;
}
