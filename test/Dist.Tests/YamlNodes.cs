using YamlDotNet.RepresentationModel;

namespace Depmap.Dist.Tests;

internal static class YamlNodes
{
    /// <summary>The value of a key; null if there is none.</summary>
    public static YamlNode? Find(this YamlNode node, string key) =>
        node is YamlMappingNode map && map.Children.TryGetValue(new YamlScalarNode(key), out YamlNode? value) ? value : null;
}
