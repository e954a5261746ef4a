using System.Text;

namespace Depmap.Plugin.Shell;

/// <summary>The environment of a command. Tests replace it.</summary>
/// <param name="Out">For results only. Each call to its Write is one write(2).</param>
/// <param name="Error">For everything that is not a result.</param>
/// <param name="OutIsTerminal">Whether <paramref name="Out"/> is a terminal, not a pipe or a file.</param>
/// <param name="Width">Returns the terminal's number of columns; null if it is not known.</param>
/// <param name="Variable">Returns an environment variable's value; null if it is not set.</param>
/// <param name="TimeProvider">The clock and the local time zone.</param>
internal sealed record Terminal(
    Stream Out,
    TextWriter Error,
    bool OutIsTerminal,
    Func<int?> Width,
    Func<string, string?> Variable,
    TimeProvider TimeProvider)
{
    /// <summary>Whether the terminal acts on escape codes. An old Windows console prints them as text.</summary>
    public bool HasEscapeCodes { get; init; } = true;

    /// <summary>Opens stdin.</summary>
    public Func<Stream> In { get; init; } = Console.OpenStandardInput;

    /// <summary>Whether <see cref="Error"/> is a terminal, not a pipe or a file.</summary>
    public bool ErrorIsTerminal { get; init; }

    /// <summary>The time without output after which a command that changes the cluster says what it does.</summary>
    public TimeSpan SlowStart { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Returns the terminal's number of rows; null if it is not known.</summary>
    public Func<int?> Height { get; init; } = () => null;

    private bool IsCapable => HasEscapeCodes && Variable("TERM") != "dumb";

    /// <summary>Whether lines already printed to <see cref="Error"/> can be printed again.</summary>
    public bool CanUpdateLines => ErrorIsTerminal && IsCapable;

    /// <summary>Whether results already printed can be replaced.</summary>
    public bool CanRedraw => OutIsTerminal && IsCapable;

    /// <summary>Whether results are colored.</summary>
    public bool UsesColor(ColorMode mode) => mode switch
    {
        ColorMode.Always => true,
        ColorMode.Never => false,
        // no-color.org: set and not empty.
        _ when Variable("NO_COLOR") is { Length: > 0 } => false,
        // bixense.com/clicolors: also in a pipe, for a pager.
        _ when Variable("CLICOLOR_FORCE") is { Length: > 0 } and not "0" => true,
        _ => OutIsTerminal && IsCapable,
    };

    /// <summary>Prints a result.</summary>
    public void Print(string text) => Out.Write(Encoding.UTF8.GetBytes(text));

    /// <summary>Prints an error on one line.</summary>
    /// <param name="details">Lines below it.</param>
    /// <returns>The command's exit code.</returns>
    public int Fail(string message, string? details = null)
    {
        Error.WriteLine($"error: {message.ReplaceLineEndings(" ")}");
        if (details is not null)
            Error.WriteLine(details.ReplaceLineEndings(Error.NewLine));
        return ExitCode.Failure;
    }

    /// <summary>Reports that the user interrupted the command.</summary>
    /// <param name="message">What was done, and the next command.</param>
    /// <returns>The command's exit code.</returns>
    public int Interrupted(string message)
    {
        Fail($"interrupted. {message}");
        return ExitCode.Interrupted;
    }
}
