using System.CommandLine;
using Depmap.Common.Options;
using Depmap.Plugin.Shell;

namespace Depmap.Plugin.Options;

/// <summary><c>--color</c>, of the commands that print colors.</summary>
internal sealed class ColorOption
{
    private static readonly Choice<ColorMode> Choices =
        new(("auto", ColorMode.Auto), ("always", ColorMode.Always), ("never", ColorMode.Never));

    private readonly Option<ColorMode> _option = ParsedOption.WithDefault(
        ["--color"], Choices, "When to print in color. auto: on terminals, unless NO_COLOR is set; elsewhere if CLICOLOR_FORCE is set.",
        "auto");

    public void AddTo(Command command) => command.Add(_option);

    public ColorMode Read(ParseResult parse) => parse.GetValue(_option);
}
