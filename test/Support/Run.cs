using System.Diagnostics;

namespace Depmap.Support;

/// <summary>What a program left when it ended.</summary>
public readonly record struct Run(int ExitCode, string Output, string Error)
{
    private static readonly TimeSpan Minute = TimeSpan.FromSeconds(60);

    /// <summary>Runs a bash script to its end.</summary>
    /// <param name="environment">Variables on top of this process's; no DEPMAP_* is passed on otherwise.</param>
    /// <param name="patience">How long it may take; a minute where nothing is said.</param>
    /// <exception cref="TimeoutException">It had not ended by then, and was killed.</exception>
    public static async Task<Run> ScriptAsync(
        string script, IReadOnlyDictionary<string, string>? environment = null, TimeSpan? patience = null)
    {
        using Process process = Start(script, environment);
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        using var deadline = new CancellationTokenSource(patience ?? Minute);
        try
        {
            await process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"Still running after {(patience ?? Minute).TotalSeconds:0} s: {script}\n{await error}");
        }

        return new Run(process.ExitCode, await output, await error);
    }

    /// <summary>Starts a bash script; whoever calls reads its output and waits for its end.</summary>
    public static Process Start(string script, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo("bash", ["-c", script]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string name in start.Environment.Keys.Where(name => name.StartsWith("DEPMAP_", StringComparison.Ordinal)).ToList())
            start.Environment.Remove(name);
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        return Process.Start(start)!;
    }

    /// <summary>Its output, if it ended well.</summary>
    /// <exception cref="InvalidOperationException">It did not; the message holds what it said.</exception>
    public string Succeeded() => ExitCode == 0
        ? Output
        : throw new InvalidOperationException($"Exit code {ExitCode}: {Error}{Output}");
}
