namespace Depmap.Plugin.Objects;

/// <summary>Recognizes names as Kubernetes allows them. Anything else could act on the terminal or the shell.</summary>
internal static class PlainName
{
    public static bool Is(string name) =>
        name.Length > 0 && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '.' or '_');
}
