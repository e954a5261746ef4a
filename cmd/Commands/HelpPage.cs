using System.CommandLine;
using System.CommandLine.Invocation;
using System.Text;
using Depmap.Common.Options;
using Depmap.Plugin.Shell;

namespace Depmap.Plugin.Commands;

/// <summary>
/// Prints the help of a command in kubectl's layout. The first line of a command's description is its summary in the
/// list of commands. The rest, with the examples, is only in the command's own help.
/// </summary>
internal sealed class HelpPage(ProgramName program, Terminal terminal) : SynchronousCommandLineAction
{
    // Help is printed even if the rest of the command line is invalid.
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        terminal.Print(Text(parseResult.CommandResult.Command));
        return ExitCode.Success;
    }

    private string Text(Command command)
    {
        string usage = $"{UsageError.FullName(program.Text, command)}{(command.Subcommands.Count > 0 ? " COMMAND [flags]" : " [flags]")}";
        var page = new StringBuilder();
        page.Append(command.Description).Append("\n\n");
        page.Append("Usage:\n  ").Append(usage);
        page.AppendJoin("", command.Arguments.Select(argument => $" {argument.HelpName}")).Append('\n');
        AppendSection(
            page, "Commands", command.Subcommands.Select(subcommand => (subcommand.Name, subcommand.Description!.Split('\n')[0])));
        AppendSection(page, "Flags", command.Options.Where(option => !option.Recursive).Select(Row));
        AppendSection(page, "Global flags", GlobalFlags(command).Select(Row));
        return page.ToString();
    }

    private static IEnumerable<Option> GlobalFlags(Command? command)
    {
        for (; command is not null; command = command.Parents.OfType<Command>().FirstOrDefault())
        {
            foreach (Option option in command.Options.Where(option => option.Recursive))
                yield return option;
        }
    }

    private static (string, string) Row(Option option)
    {
        string alias = option.Aliases.FirstOrDefault() is { } first ? first + ", " : "    ";
        string value = option.ValueType == typeof(bool) ? "" : " " + option.HelpName;
        return (alias + option.Name + value, option.Description ?? "");
    }

    private static void AppendSection(StringBuilder page, string title, IEnumerable<(string Name, string Text)> rows)
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
