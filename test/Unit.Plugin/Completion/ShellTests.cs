using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Depmap.Plugin.Tests.Cluster;

namespace Depmap.Plugin.Tests.Completion;

/// <summary>The scripts of <c>completion</c> in real shells, where Tab is typed.</summary>
public sealed class ShellTests
{
    /// <summary>What is typed, and the arguments that the program then gets.</summary>
    private static readonly (string Typed, string Arguments)[] Lines =
    [
        ("depmap obs\t--ver\tD\t", "<observe><--verdict><DROPPED>"),
        ("depmap observe --output=co\t", "<observe><--output=compact>"),
        ("depmap observe --verdict FORWARDED,\t", "<observe><--verdict><FORWARDED,DROPPED>"),
        ("depmap observe --verdict FORWARDED,D\t", "<observe><--verdict><FORWARDED,DROPPED>"),
        ("depmap observe --verdict=FORWARDED,\t", "<observe><--verdict=FORWARDED,DROPPED>"),
        ("depmap observe --context arn\t", "<observe><--context><arn:aws:eks:eu-1:1:cluster/a>"),
        ("depmap observe --context arn:aws:e\t", "<observe><--context><arn:aws:eks:eu-1:1:cluster/a>"),
        ("depmap observe --context=arn:aw\t", "<observe><--context=arn:aws:eks:eu-1:1:cluster/a>"),
        ("depmap map --context my\t", "<map><--context><my context>"),
        ("depmap install -f va\t", "<install><-f><values.yaml>"),
        ("depmap install --values=va\t", "<install><--values=values.yaml>"),
        ("depmap map --relay va\t", "<map><--relay><va>"), // no files
        ("depmap try -- --fol\t", "<try><--><--follow>"),
    ];

    [Theory]
    [InlineData("bash", "source <(depmap completion bash)")]
    [InlineData("zsh", "autoload -Uz compinit; compinit -u -D; source <(depmap completion zsh)")]
    [InlineData("fish", "depmap completion fish | source")]
    public async Task Tab_completes(string shell, string setup) =>
        Assert.Equal(Lines.Select(line => line.Arguments), await TypeAsync($"{Here("type.py")} $PWD/log {shell} '{setup}'"));

    /// <summary>PowerShell inserts files with their folder.</summary>
    [Fact]
    public async Task Tab_completes_in_PowerShell() => Assert.Equal(
        Lines.Select(line => line.Arguments.Replace("values.yaml", "./values.yaml", StringComparison.Ordinal)),
        await TypeAsync(
            $"""
            export DOTNET_ROOT={RuntimeEnvironment.GetRuntimeDirectory()}/../../.. DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1
            export POWERSHELL_TELEMETRY_OPTOUT=1 POWERSHELL_UPDATECHECK=Off
            {Installation.File(".dotnet-tools/pwsh")} -NoProfile -NonInteractive -File {Here("type.ps1")}
            """));

    /// <param name="command">Types the lines that are its further arguments.</param>
    /// <returns>For each line, the arguments that the program gets.</returns>
    private static async Task<string[]> TypeAsync(string command)
    {
        using var folder = new TemporaryFolder();
        string log = Path.Combine(folder.Path, "log");
        await File.WriteAllTextAsync(log, "");
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "values.yaml"), "");
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "config"), """
            contexts: [{name: "arn:aws:eks:eu-1:1:cluster/a", context: {}}, {name: my context, context: {}}]
            """);
        string program = Path.Combine(folder.Path, "depmap");
        await File.WriteAllTextAsync(program, $"""
            #!/bin/sh
            case $1 in
              completion) exec {ProcessTests.Plugin} "$@" ;;
              __complete) {ProcessTests.Plugin} "$@"; echo >>{log} ;;
              *) printf 'ARGS:'; printf '<%s>' "$@"; echo ;;
            esac
            """);
        Run run = await Run.ScriptAsync(
            $"""
            chmod +x {program}
            cd {folder.Path}; export PATH={folder.Path}:$PATH KUBECONFIG={folder.Path}/config HOME={folder.Path}
            {command} {string.Join(' ', Lines.Select(line => $"'{line.Typed}'"))}
            """,
            timeout: TimeSpan.FromMinutes(3));
        return run.Succeeded().TrimEnd('\n').Split('\n');
    }

    /// <summary>A file in the folder of these tests.</summary>
    private static string Here(string name, [CallerFilePath] string file = "") => Path.Combine(Path.GetDirectoryName(file)!, name);
}
