namespace Depmap.Plugin.Layout;

internal enum VertexKind
{
    Node,

    /// <summary>Where an edge passes a rank between those of its ends.</summary>
    Bend,

    /// <summary>The upper border of a group in one rank.</summary>
    Top,

    /// <summary>The lower border of a group in one rank.</summary>
    Bottom,
}

/// <summary>What has a place in the order of a rank.</summary>
/// <param name="Group">Whose box it is in; -1 if none.</param>
/// <param name="Height">In pixels.</param>
internal readonly record struct Vertex(VertexKind Kind, int Rank, int Group, double Height)
{
    public bool IsBorder => Kind is VertexKind.Top or VertexKind.Bottom;
}
