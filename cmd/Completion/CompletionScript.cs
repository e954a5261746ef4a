namespace Depmap.Plugin.Completion;

/// <summary>Reads the scripts of <c>cmd/Completion/Scripts/</c>, which are part of the program.</summary>
internal static class CompletionScript
{
    /// <param name="extension">The file's extension, such as <c>bash</c>.</param>
    public static string Read(string extension)
    {
        using Stream script = typeof(CompletionScript).Assembly.GetManifestResourceStream($"completion/depmap.{extension}")!;
        using var text = new StreamReader(script);
        return text.ReadToEnd();
    }
}
