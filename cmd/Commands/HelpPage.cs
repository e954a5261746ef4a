using System.CommandLine;
using System.CommandLine.Invocation;
using System.Text;
using Depmap.Plugin.Shell;

namespace Depmap.Plugin.Commands;

/// <summary>
/// Prints a command's help as kubectl lays it out. The first line of a command's description is its summary in the
/// list of commands; the rest, with the examples, stands in its own help only.
/// </summary>
internal sealed class HelpPage(string program, Terminal terminal) : SynchronousCommandLineAction
{
    // Whoever asks for help gets it, whatever else is on the line.
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        terminal.Print(Text(parseResult.CommandResult.Command));
        return ExitCode.Success;
    }

    /// <summary>The command as the user types it: <c>kubectl depmap observe</c>.</summary>
    public static string FullName(string program, Command command) =>
        command.Parents.Any() ? $"{program} {command.Name}" : program;

    private string Text(Command command)
    {
        var page = new StringBuilder();
        page.Append(command.Description).Append("\n\n");
        page.Append("Usage:\n  ").Append(FullName(program, command)).Append(command.Subcommands.Count > 0 ? " COMMAND [flags]" : " [flags]");
        page.AppendJoin("", command.Arguments.Select(argument => $" {argument.HelpName}")).Append('\n');
        Section(page, "Commands", command.Subcommands.Select(sub => (sub.Name, sub.Description!.Split('\n')[0])));
        Section(page, "Flags", command.Options.Where(option => !option.Recursive).Select(Row));
        Section(page, "Flags of all commands", Inherited(command).Select(Row));
        return page.ToString();
    }

    private static IEnumerable<Option> Inherited(Command? command)
    {
        for (; command is not null; command = command.Parents.OfType<Command>().FirstOrDefault())
        {
            foreach (Option option in command.Options.Where(option => option.Recursive))
                yield return option;
        }
    }

    private static (string, string) Row(Option option)
    {
        string alias = option.Aliases.FirstOrDefault() is { } found ? found + ", " : "    ";
        string value = option.ValueType == typeof(bool) ? "" : " " + option.HelpName;
        return (alias + option.Name + value, option.Description ?? "");
    }

    private static void Section(StringBuilder page, string title, IEnumerable<(string Name, string Text)> rows)
    {
        (string Name, string Text)[] all = [.. rows];
        if (all.Length == 0)
            return;

        int width = all.Max(row => row.Name.Length);
        page.Append('\n').Append(title).Append(":\n");
        foreach ((string name, string text) in all)
            page.Append("  ").Append(name.PadRight(width)).Append("   ").Append(text).Append('\n');
    }
}
