using System.Diagnostics;

namespace Depmap.Support;

/// <summary>The result of a program that has ended.</summary>
public readonly record struct Run(int ExitCode, string Output, string Error)
{
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(60);

    /// <summary>Runs a bash script to its end.</summary>
    /// <param name="environment">Variables in addition to those of this process, without its DEPMAP_* variables.</param>
    /// <param name="timeout">One minute by default.</param>
    /// <exception cref="TimeoutException">The script had not ended by then, and was killed.</exception>
    public static async Task<Run> ScriptAsync(
        string script, IReadOnlyDictionary<string, string>? environment = null, TimeSpan? timeout = null)
    {
        using Process process = Start(script, environment);
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        using var deadline = new CancellationTokenSource(timeout ?? DefaultTimeout);
        try
        {
            await process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"Still running after {(timeout ?? DefaultTimeout).TotalSeconds:0} s: {script}\n{await error}");
        }

        return new Run(process.ExitCode, await output, await error);
    }

    /// <summary>Starts a bash script. The caller reads its output and waits for its end.</summary>
    public static Process Start(string script, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo("bash", ["-c", script]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string name in start.Environment.Keys.Where(name => name.StartsWith("DEPMAP_", StringComparison.Ordinal)).ToList())
            start.Environment.Remove(name);
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        return Process.Start(start)!;
    }

    /// <summary>The output of a program that succeeded.</summary>
    /// <exception cref="InvalidOperationException">It failed. The message has its output.</exception>
    public string Succeeded() => ExitCode == 0
        ? Output
        : throw new InvalidOperationException($"Exit code {ExitCode}: {Error}{Output}");
}
