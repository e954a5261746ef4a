namespace Depmap.Plugin.Cluster;

/// <summary>A pod that a relay runs in.</summary>
internal readonly record struct RelayPod(string Namespace, string Name)
{
    public override string ToString() => $"{Namespace}/{Name}";
}
