namespace Depmap.Plugin.Install;

/// <summary>The result of removing an installation.</summary>
/// <param name="Messages">Sentences about what is kept, and what will be deleted later.</param>
/// <param name="LostNodes">Nodes that are not ready, and whose pods are deleted when they are back.</param>
internal sealed record Removal(IReadOnlyList<string> Messages, IReadOnlyList<string> LostNodes);
