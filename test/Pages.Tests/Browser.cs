using System.Text.Json;

namespace Depmap.Pages.Tests;

/// <summary>Runs a script of <c>browser/</c> with Chromium.</summary>
internal static class Browser
{
    /// <summary>Where pictures of the pages are left for people to look at.</summary>
    public static string Pictures => Directory.CreateDirectory(Installation.File("out/pages")).FullName;

    private static readonly string Scripts = Installation.File("test/Pages.Tests/browser");

    /// <param name="arguments">Those after the path of Chromium.</param>
    public static async Task<JsonElement> RunAsync(string script, params string[] arguments)
    {
        Run run = await Run.ScriptAsync(
            $"cd '{Scripts}' && node {script} \"$(command -v chromium || command -v chromium-browser)\" '{string.Join("' '", arguments)}'",
            timeout: TimeSpan.FromMinutes(5));
        using JsonDocument results = JsonDocument.Parse(run.Succeeded());
        return results.RootElement.Clone();
    }
}
