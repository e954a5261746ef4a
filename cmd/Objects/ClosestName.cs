using Depmap.Common.Options;

namespace Depmap.Plugin.Objects;

/// <summary>Finds the name that a mistyped one probably stands for.</summary>
internal static class ClosestName
{
    /// <param name="typed"><c>[NAMESPACE/]NAME</c>.</param>
    /// <param name="known">Namespaces and names; the namespace is empty for what has none.</param>
    /// <returns>
    /// The name in another namespace if it is right, else the closest one; with its namespace, if it has one. Null if none is close.
    /// </returns>
    public static string? Find(string typed, IReadOnlyCollection<(string Namespace, string Name)> known)
    {
        string name = typed[(typed.IndexOf('/') + 1)..];
        bool isQualified = name.Length < typed.Length;
        if (Named(known, name) is { } elsewhere)
            return elsewhere;
        if (isQualified && NearestWord.Find(typed, known.Select(Describe)) is { } qualified)
            return qualified;
        return NearestWord.Find(name, known.Select(one => one.Name)) is { } closest ? Named(known, closest) : null;
    }

    private static string? Named(IEnumerable<(string Namespace, string Name)> known, string name) =>
        known.Where(one => one.Name == name).Select(Describe).FirstOrDefault();

    private static string Describe((string Namespace, string Name) known) =>
        known.Namespace.Length > 0 ? $"{known.Namespace}/{known.Name}" : known.Name;
}
