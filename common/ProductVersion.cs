using System.Reflection;

namespace Depmap.Common;

/// <summary>The version that all three programs are built with, such as <c>0.1.0</c>.</summary>
internal static class ProductVersion
{
    public static string Text { get; } =
        typeof(ProductVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    /// <summary>The version without build metadata, because an image tag must not contain <c>+</c>.</summary>
    public static string Tag => Text.Split('+')[0];

    /// <summary>Where users report bugs.</summary>
    public static string Issues { get; } = $"https://github.com/{Repository()}/issues";

    private static string? Repository() => typeof(ProductVersion).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .FirstOrDefault(attribute => attribute.Key == "Repository")?.Value;
}
