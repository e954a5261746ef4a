using System.Text;

namespace Depmap.Plugin.Shell;

/// <summary>All that a command may touch of its surroundings, so that it runs in a test as it does in a shell.</summary>
/// <param name="Out">Results only. Each call to its Write is one write(2).</param>
/// <param name="Error">All that is not a result.</param>
/// <param name="OutIsTerminal">A person reads <paramref name="Out"/>, not a pipe or a file.</param>
/// <param name="Variable">Looks up an environment variable; null where it is not set.</param>
/// <param name="Clock">Now, and the local time zone.</param>
internal sealed record Terminal(
    Stream Out,
    TextWriter Error,
    bool OutIsTerminal,
    Func<string, string?> Variable,
    TimeProvider TimeProvider)
{
    /// <summary>Whether results may be coloured.</summary>
    public bool Colours =>
        OutIsTerminal
        && string.IsNullOrEmpty(Variable("NO_COLOR")) // no-color.org: present and not empty
        && Variable("TERM") != "dumb"
        // The old Windows console shows escape codes as they are; Windows Terminal says that it is none.
        && (!OperatingSystem.IsWindows() || Variable("WT_SESSION") is not null);

    /// <summary>Prints a result.</summary>
    public void Print(string text) => Out.Write(Encoding.UTF8.GetBytes(text));

    /// <summary>Prints the one line that says what went wrong and what to do.</summary>
    /// <returns>The exit code of the command.</returns>
    public int Fail(string message)
    {
        Error.WriteLine($"error: {message.ReplaceLineEndings(" ")}");
        return ExitCode.Failure;
    }

    /// <summary>Says that the user stopped the command before it was done, and what to do.</summary>
    /// <returns>The exit code of the command.</returns>
    public int Stopped(string remedy)
    {
        Fail($"stopped before it was done. {remedy}");
        return ExitCode.Stopped;
    }
}
