using Depmap.Plugin.Objects;

namespace Depmap.Plugin.Install;

/// <summary>The images of an installation.</summary>
internal static class ImageReference
{
    /// <summary>Both components.</summary>
    public static IReadOnlyList<string> Components { get; } = [ProductLabels.Agent, ProductLabels.Relay];

    /// <summary>The reference of a component's image; null if this build has no registry and the user has given none.</summary>
    /// <param name="version">The tag.</param>
    public static string? Find(InstallValues values, BuildImages build, string component, string version)
    {
        if (values.Images.TryGetValue(component, out string? image))
            return image;
        if (values.Registry is { } registry)
            return $"{registry}/depmap-{component}:{version}";
        // Copies in another registry may have other digests: a copy of one platform only has that of the platform.
        string digest = build.Digests.TryGetValue(component, out string? known) ? $"@{known}" : "";
        return build.Registry is null ? null : $"{build.Registry}/depmap-{component}:{version}{digest}";
    }

    /// <summary>The registry's name in a reference, without the path; <c>docker.io</c> if the reference has none.</summary>
    public static string RegistryOf(string reference)
    {
        string first = reference.Split('/')[0];
        return reference.Contains('/') && (first.Contains('.') || first.Contains(':') || first == "localhost") ? first : "docker.io";
    }
}
