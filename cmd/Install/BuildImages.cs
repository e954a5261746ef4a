using System.Reflection;

namespace Depmap.Plugin.Install;

/// <summary>The images that this program was built for. A development build has none.</summary>
/// <param name="Registry">The prefix of both images; null if there are none.</param>
/// <param name="Digests">The digests by component, such as <c>sha256:…</c>; empty if they are unknown.</param>
internal sealed record BuildImages(string? Registry, IReadOnlyDictionary<string, string> Digests)
{
    /// <summary>Those of this program, from the properties of <c>Directory.Build.props</c>.</summary>
    public static BuildImages OfThisProgram { get; } = Read();

    private static BuildImages Read()
    {
        Dictionary<string, string> metadata = typeof(BuildImages).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Where(attribute => attribute.Value is { Length: > 0 })
            .ToDictionary(attribute => attribute.Key, attribute => attribute.Value!, StringComparer.Ordinal);
        const string digest = "Digest.";
        return new BuildImages(
            metadata.GetValueOrDefault("ImageRegistry"),
            metadata.Where(member => member.Key.StartsWith(digest, StringComparison.Ordinal))
                .ToDictionary(member => member.Key[digest.Length..], member => member.Value, StringComparer.Ordinal));
    }
}
