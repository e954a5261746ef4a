using System.Diagnostics;

namespace Depmap.Pages.Tests;

/// <summary>The published plugin, serving its page.</summary>
internal sealed class RunningPlugin : IDisposable
{
    private readonly Process _process;

    private RunningPlugin(Process process, string link) => (_process, Link) = (process, link);

    public string Link { get; }

    /// <param name="relay">HOST:PORT.</param>
    public static async Task<RunningPlugin> StartAsync(string relay)
    {
        Process process = Run.Start($"exec {Installation.Plugin} ui --relay {relay}");
        string? link = await process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30));
        return link is not null
            ? new RunningPlugin(process, link)
            : throw new InvalidOperationException(await process.StandardError.ReadToEndAsync());
    }

    public void Dispose()
    {
        _process.Kill();
        _process.Dispose();
    }
}
