namespace Depmap.Plugin.Maps;

/// <summary>Sorts ends by namespace and name, as the relay does.</summary>
internal sealed class EndOrder : IComparer<EndIdentity>
{
    public static readonly EndOrder Instance = new();

    public int Compare(EndIdentity x, EndIdentity y)
    {
        int order = string.CompareOrdinal(x.Namespace, y.Namespace);
        if (order == 0)
            order = string.CompareOrdinal(x.Name, y.Name);
        return order != 0 ? order : string.CompareOrdinal(x.Kind, y.Kind);
    }
}
