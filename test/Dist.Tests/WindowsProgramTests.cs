namespace Depmap.Dist.Tests;

/// <summary>The program of the Windows archive, as far as wine runs it. Wine is no Windows: terminals and TLS are not tried here.</summary>
[Collection(nameof(Release))]
public sealed class WindowsProgramTests(Release release, WindowsMachine machine) : IClassFixture<WindowsMachine>
{
    private const string Program = "wine kubectl-depmap.exe";

    [Fact]
    public async Task The_program_prints_its_version()
    {
        Run run = await machine.RunAsync($"{Program} version --client");
        Assert.Equal(new Run(0, $"Client Version: {release.Version}\n", ""), run);
    }

    [Fact]
    public async Task The_program_prints_its_help()
    {
        Run run = await machine.RunAsync($"{Program} --help");
        Assert.StartsWith("Show which service talks to which", run.Succeeded(), StringComparison.Ordinal);
        Assert.Contains("\n  observe ", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain('\r', run.Output);
    }

    [Fact]
    public async Task An_invalid_flag_is_an_error()
    {
        Run run = await machine.RunAsync($"{Program} observe --no-such");
        Assert.Equal(new Run(1, "", "error: unknown flag --no-such, see kubectl depmap observe --help\n"), run);
    }

    [Fact]
    public async Task A_closed_pipe_ends_it()
    {
        Run run = await machine.RunAsync($$"""{{Program}} --help | head -n 1; echo "${PIPESTATUS[0]}" """);
        Assert.Equal(new Run(0, "Show which service talks to which, and which connections fail and why.\n0\n", ""), run);
    }

    [Fact]
    public async Task The_other_names_run_the_program_from_another_folder()
    {
        Run run = await machine.BatchAsync(
            "set PATH=%~dp0;%PATH%",
            "cd \\",
            "call depmap --version",
            "call depmap observe --no-such 2>nul",
            "echo exit code %ERRORLEVEL%",
            "call kubectl_complete-depmap obs");
        Assert.Equal($"{release.Version}\nexit code 1\nobserve\tPrint the connections between services.\n:4\n", run.Succeeded());
    }

    /// <summary>The order of client-go; the names of contexts are printed as UTF-8, whatever the console's code page is.</summary>
    [Fact]
    public async Task The_kubeconfig_is_that_of_HOME_then_HOMEDRIVE_then_USERPROFILE()
    {
        foreach (string home in (string[])["home", "drive", "profile"])
        {
            string folder = Directory.CreateDirectory(Path.Combine(machine.Folder, home, ".kube")).FullName;
            await File.WriteAllTextAsync(Path.Combine(folder, "config"), $"contexts: [{{name: {home}-grün→, context: {{}}}}]");
        }

        const string Contexts = "kubectl-depmap __complete observe --context \"\"";
        Run run = await machine.BatchAsync(
            "set HOME=%~dp0home",
            "set HOMEDRIVE=Z:",
            $"set HOMEPATH={machine.Folder.Replace('/', '\\')}\\drive",
            "set USERPROFILE=%~dp0profile",
            Contexts,
            "set HOME=",
            Contexts,
            "set HOMEDRIVE=",
            Contexts);
        Assert.Equal("home-grün→\n:4\ndrive-grün→\n:4\nprofile-grün→\n:4\n", run.Succeeded());
    }
}
