using System.Text.RegularExpressions;

namespace Depmap.Kernel.Tests;

/// <summary>One run of test/kernels/run in another kernel, with the output of each check.</summary>
internal sealed class Guest
{
    // Several times what it takes on two cores. The guests use the processors when nothing else does, and arm64 is emulated at half
    // the speed.
    private const int TimeoutSeconds = 3000;

    private readonly Dictionary<string, (string Status, string[] Lines)> _checks = [];

    private Guest(string log) => Log = log;

    /// <summary>The file with the console's output, which is kept.</summary>
    public string Log { get; }

    /// <summary>Whether all checks have run.</summary>
    public bool Completed { get; private set; }

    /// <summary>Boots a kernel and waits until it is turned off, which takes minutes.</summary>
    /// <param name="kernel">A series, such as 6.1.</param>
    /// <param name="architecture">As Debian names it.</param>
    /// <param name="files">The folder that test/kernels/prepare made.</param>
    public static async Task<Guest> RunAsync(string kernel, string architecture, string files)
    {
        var guest = new Guest(Installation.File($"out/kernels/log/{kernel}-{architecture}.log"));
        Directory.CreateDirectory(Path.GetDirectoryName(guest.Log)!);
        string boot = Installation.File("test/kernels/boot");
        await Run.ScriptAsync(
            $"{boot} {kernel} {files} {TimeoutSeconds} >{guest.Log} 2>&1",
            new Dictionary<string, string> { ["ARCH"] = architecture },
            TimeSpan.FromSeconds(TimeoutSeconds + 60));
        guest.ReadLog();
        return guest;
    }

    /// <returns>The output of a check that passed.</returns>
    /// <exception cref="Xunit.Sdk.XunitException">The check failed or did not run.</exception>
    public string[] Passed(string check)
    {
        Assert.True(_checks.TryGetValue(check, out var result), $"the check {check} did not complete: see {Log}");
        string failures = string.Join('\n', result.Lines.Where(line => line.StartsWith("FAIL", StringComparison.Ordinal)));
        Assert.True(result.Status == "0", $"the check {check} exited with {result.Status}: see {Log}\n{failures}");
        return result.Lines;
    }

    /// <returns>The output of a check that failed.</returns>
    /// <exception cref="Xunit.Sdk.XunitException">The check passed or did not run.</exception>
    public string[] Failed(string check)
    {
        Assert.True(_checks.TryGetValue(check, out var result), $"the check {check} did not complete: see {Log}");
        Assert.NotEqual("0", result.Status);
        return result.Lines;
    }

    // "== NAME", the output, "-- NAME: STATUS (SECONDS s)"; after the last one "all done".
    private void ReadLog()
    {
        List<string> lines = [];
        foreach (string line in File.ReadLines(Log))
        {
            // The kernel's own messages can come between: "[  104.647620] sysrq: Power Off".
            if (Regex.IsMatch(line, @"^\[ *\d+\.\d+\] "))
                continue;
            if (line.StartsWith("== ", StringComparison.Ordinal))
            {
                lines = [];
            }
            else if (line.StartsWith("-- ", StringComparison.Ordinal) && line[3..].Split(": ") is [string name, string end])
            {
                _checks[name] = (end.Split(' ')[0], [.. lines]);
            }
            else
            {
                lines.Add(line);
                Completed |= line == "all done";
            }
        }
    }
}
