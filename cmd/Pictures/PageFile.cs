namespace Depmap.Plugin.Pictures;

/// <summary>Reads the files of the folders <c>Page/</c>, which are part of the program.</summary>
internal static class PageFile
{
    public static string Read(string name)
    {
        using Stream file = typeof(PageFile).Assembly.GetManifestResourceStream($"pictures/{name}")!;
        using var text = new StreamReader(file);
        return text.ReadToEnd();
    }
}
