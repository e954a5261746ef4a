namespace Depmap.Dist.Tests;

/// <summary>The unpacked archive for Windows in a wine prefix of its own: a new one has its own registry and home folder.</summary>
public sealed class WindowsMachine : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();

    /// <summary>The folder of the archive's files. Windows has it under <c>Z:</c>.</summary>
    public string Folder => Path.Combine(_folder.Path, "depmap");

    public async Task InitializeAsync() => (await RunAsync(
        $"""
        mkdir {_folder.Path}/prefix
        unzip -q {Release.File("kubectl-depmap_windows_amd64.zip")} -d {Folder}
        wineboot --init
        """,
        // Without Mono and Gecko, which it would look for.
        ("WINEDLLOVERRIDES", "mscoree,mshtml="))).Succeeded();

    public async Task DisposeAsync()
    {
        await RunAsync("wineserver --kill --wait");
        _folder.Dispose();
    }

    /// <summary>Runs a bash script, in which <c>wine kubectl-depmap.exe</c> is the program.</summary>
    public Task<Run> RunAsync(string script, params (string Name, string Value)[] variables) => Run.ScriptAsync(
        $"set -uo pipefail\nexec </dev/null\ncd {Folder} 2>/dev/null || cd {_folder.Path}\n{script}",
        new Dictionary<string, string>(variables.Select(variable => KeyValuePair.Create(variable.Name, variable.Value)))
        {
            ["WINEPREFIX"] = Path.Combine(_folder.Path, "prefix"),
            ["WINEDEBUG"] = "-all",
            ["HOME"] = _folder.Path,
            ["DISPLAY"] = "",
        },
        TimeSpan.FromMinutes(3));

    /// <summary>Runs lines of a batch file with the Windows shell, in the archive's folder. Each line ends with LF in the result.</summary>
    public async Task<Run> BatchAsync(params string[] lines)
    {
        await File.WriteAllTextAsync(Path.Combine(Folder, "run.cmd"), $"@echo off\r\n{string.Join("\r\n", lines)}\r\n");
        Run run = await RunAsync("wine cmd /c run.cmd");
        return run with { Output = run.Output.ReplaceLineEndings("\n"), Error = run.Error.ReplaceLineEndings("\n") };
    }
}
