namespace Depmap.Plugin.Objects;

/// <summary>A resource of the Kubernetes API.</summary>
/// <param name="Group">Empty for the core group.</param>
/// <param name="Plural">Its name in paths.</param>
internal readonly record struct ApiResource(string Group, string Version, string Plural);
