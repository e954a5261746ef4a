using System.Text;

namespace Depmap.Plugin.Shell;

/// <summary>The environment of a command. Tests replace it.</summary>
/// <param name="Out">For results only. Each call to its Write is one write(2).</param>
/// <param name="Error">For everything that is not a result.</param>
/// <param name="OutIsTerminal">Whether <paramref name="Out"/> is a terminal, not a pipe or a file.</param>
/// <param name="Variable">Returns an environment variable's value; null if it is not set.</param>
/// <param name="TimeProvider">The clock and the local time zone.</param>
internal sealed record Terminal(
    Stream Out,
    TextWriter Error,
    bool OutIsTerminal,
    Func<string, string?> Variable,
    TimeProvider TimeProvider)
{
    /// <summary>Whether results may be coloured.</summary>
    public bool UsesColor =>
        OutIsTerminal
        && string.IsNullOrEmpty(Variable("NO_COLOR")) // no-color.org: set and not empty
        && Variable("TERM") != "dumb"
        // The old Windows console prints escape codes as text. Windows Terminal sets this variable.
        && (!OperatingSystem.IsWindows() || Variable("WT_SESSION") is not null);

    /// <summary>Prints a result.</summary>
    public void Print(string text) => Out.Write(Encoding.UTF8.GetBytes(text));

    /// <summary>Prints an error on one line.</summary>
    /// <returns>The command's exit code.</returns>
    public int Fail(string message)
    {
        Error.WriteLine($"error: {message.ReplaceLineEndings(" ")}");
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
