using System.Text;
using Depmap.Plugin.Shell;

namespace Depmap.Plugin.Output;

/// <summary>
/// Prints the state of each component of an installation on stderr. A terminal keeps a line for each that is ready, and updates the
/// lines of the others below them. Elsewhere each change is a line.
/// </summary>
internal sealed class RolloutProgress(Terminal terminal)
{
    // The cursor cannot be moved back to lines that have left the screen.
    private const int MaxLines = 10;

    /// <summary>What is waited for before an installation is applied.</summary>
    public const string Checking = "Checking the cluster.";

    private readonly Dictionary<string, string> _pending = new(StringComparer.Ordinal);
    private int _height;
    private string? _said;

    /// <summary>Waits for a task, and prints a line if it does not end at once: silence looks like a hang, in a log too.</summary>
    /// <param name="text">Printed only once.</param>
    public async Task WaitAsync(Task task, string text)
    {
        if (_said != text && await Task.WhenAny(task, Task.Delay(terminal.SlowStart, terminal.TimeProvider)) != task)
        {
            terminal.Error.WriteLine(text);
            _said = text;
        }

        await task;
    }

    /// <inheritdoc cref="WaitAsync(Task, string)"/>
    public async Task<T> WaitAsync<T>(Task<T> task, string text)
    {
        await WaitAsync((Task)task, text);
        return await task;
    }

    /// <param name="subject">The component and its node, such as <c>agent on n1</c>.</param>
    /// <param name="reason">Why it is not ready; null if it is.</param>
    public void Report(string subject, string? reason)
    {
        if (!terminal.CanUpdateLines)
        {
            terminal.Error.WriteLine($"{subject}: {reason ?? "ready"}");
            return;
        }

        var text = new StringBuilder();
        if (_height > 0)
            text.Append($"\e[{_height}A\e[J"); // up to the first line, and clear all from there
        if (reason is null)
        {
            _pending.Remove(subject);
            text.Append(subject).Append(": ready\n");
        }
        else
        {
            _pending[subject] = reason;
        }

        string[] lines = [.. Lines()];
        foreach (string line in lines)
            text.Append(line).Append('\n');
        _height = lines.Length;
        terminal.Error.Write(text);
    }

    private IEnumerable<string> Lines()
    {
        // A line that the terminal breaks would count as two.
        int width = (terminal.Width() ?? 80) - 1;
        int shown = _pending.Count > MaxLines ? MaxLines - 1 : MaxLines;
        foreach ((string subject, string reason) in _pending.OrderBy(pair => pair.Key, StringComparer.Ordinal).Take(shown))
        {
            string line = $"{subject}: {reason}";
            yield return line.Length <= width ? line : line[..(width - 1)] + "…";
        }

        if (_pending.Count > shown)
            yield return $"and {_pending.Count - shown} more";
    }
}
