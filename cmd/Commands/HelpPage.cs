using System.CommandLine;
using System.CommandLine.Invocation;
using System.Text;
using Depmap.Common.Options;
using Depmap.Plugin.Output;
using Depmap.Plugin.Shell;

namespace Depmap.Plugin.Commands;

/// <summary>
/// Prints the help of a command in kubectl's layout. The first line of a command's description is its summary in the
/// list of commands. The rest, with the examples, is only in the command's own help. Lines end where the terminal does.
/// </summary>
internal sealed class HelpPage(ProgramName program, Terminal terminal) : SynchronousCommandLineAction
{
    // kubectl's pages have no width of their own; 80 columns fit a terminal of unknown width.
    private const int UsualWidth = 80;

    // Longer lines are hard to read.
    private const int MaxWidth = 120;

    // Longer names have their text on the next line, and on a narrow terminal more of them.
    private const int MaxNameWidth = 30;

    // Help is printed even if the rest of the command line is invalid.
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        terminal.Print(Text(parseResult.CommandResult.Command, Math.Min(terminal.Width() ?? UsualWidth, MaxWidth)));
        return ExitCode.Success;
    }

    private string Text(Command command, int width)
    {
        string usage = $"{UsageError.FullName(program.Text, command)}{(command.Subcommands.Count > 0 ? " COMMAND [flags]" : " [flags]")}";
        var page = new StringBuilder();
        page.Append(TextWrap.Paragraphs(command.Description!, width)).Append("\n\n");
        page.Append("Usage:\n  ").Append(usage);
        page.AppendJoin("", command.Arguments.Select(argument => $" {argument.HelpName}")).Append('\n');
        AppendSection(
            page, "Commands", Visible(command.Subcommands).Select(it => (it.Name, it.Description!.Split('\n')[0])), width);
        AppendSection(page, "Flags", Visible(command.Options).Where(option => !option.Recursive).Select(Row), width);
        AppendSection(page, "Global flags", GlobalFlags(command).Select(Row), width);
        return page.ToString();
    }

    private static IEnumerable<T> Visible<T>(IEnumerable<T> symbols)
        where T : Symbol => symbols.Where(symbol => !symbol.Hidden);

    private static IEnumerable<Option> GlobalFlags(Command? command)
    {
        for (; command is not null; command = command.Parents.OfType<Command>().FirstOrDefault())
        {
            foreach (Option option in Visible(command.Options).Where(option => option.Recursive))
                yield return option;
        }
    }

    private static (string, string) Row(Option option)
    {
        // Long aliases are former names.
        string alias = option.Aliases.FirstOrDefault(alias => alias is ['-', not '-']) is { } letter ? letter + ", " : "    ";
        string value = option.ValueType == typeof(bool) ? "" : " " + option.HelpName;
        return (alias + option.Name + value, option.Description ?? "");
    }

    private static void AppendSection(StringBuilder page, string title, IEnumerable<(string Name, string Text)> rows, int width)
    {
        (string Name, string Text)[] all = [.. rows];
        if (all.Length == 0)
            return;

        int nameWidth = Math.Min(all.Max(row => row.Name.Length), Math.Min(MaxNameWidth, width * 3 / 8));
        string indent = new(' ', nameWidth + 5);
        page.Append('\n').Append(title).Append(":\n");
        foreach ((string name, string text) in all)
        {
            page.Append("  ").Append(name.PadRight(nameWidth)).Append(name.Length > nameWidth ? "\n" + indent : "   ");
            page.AppendJoin("\n" + indent, TextWrap.Lines(text, width - indent.Length)).Append('\n');
        }
    }
}
