namespace Depmap.Plugin.Cluster;

/// <summary>A relay's pod.</summary>
internal readonly record struct RelayPod(string Namespace, string Name)
{
    public override string ToString() => $"{Namespace}/{Name}";
}
