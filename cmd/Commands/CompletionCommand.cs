using System.CommandLine;
using Depmap.Common.Options;
using Depmap.Plugin.Completion;
using Depmap.Plugin.Shell;

namespace Depmap.Plugin.Commands;

/// <summary>Prints the script by which a shell completes command lines.</summary>
internal sealed class CompletionCommand : Command
{
    private static readonly Choice<string> Shells =
        new(("bash", "bash"), ("zsh", "zsh"), ("fish", "fish"), ("powershell", "ps1"));

    private readonly Argument<string> _shell = new("shell") { HelpName = Shells.Names, Arity = ArgumentArity.ZeroOrOne };
    private readonly Terminal _terminal;

    public CompletionCommand(ProgramName program, Terminal terminal)
        : base(
            "completion",
            $"""
            Print a script that completes commands, flags and their values in a shell.

            The script is for the program started as depmap or kubectl-depmap. After kubectl depmap, kubectl's own
            completion runs kubectl_complete-depmap, which is in the archive and must be in your PATH.

            Examples:
              # bash
              source <({program} completion bash)

              # zsh, after compinit
              source <({program} completion zsh)

              # fish
              {program} completion fish | source

              # PowerShell
              {program} completion powershell | Out-String | Invoke-Expression
            """)
    {
        _terminal = terminal;
        _shell.CompletionSources.Add([.. Shells.Words]);
        Add(_shell);
        SetAction(Run);
    }

    private int Run(ParseResult parse)
    {
        if (parse.GetValue(_shell) is not { } shell)
            return _terminal.Fail($"no shell is given: use {Shells.Names}");
        Parsed<string> script = Shells.Parse(shell);
        if (script.Error is { } error)
            return _terminal.Fail($"unknown shell \"{shell}\": {error}");
        _terminal.Print(CompletionScript.Read(script.Value));
        return ExitCode.Success;
    }
}
