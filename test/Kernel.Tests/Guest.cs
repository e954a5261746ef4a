using System.Diagnostics;

namespace Depmap.Kernel.Tests;

/// <summary>One run of test/kernels/run in another kernel: what it printed, check by check.</summary>
internal sealed class Guest
{
    // Some times what it takes on two cores; arm64 is emulated twice as slowly.
    private const int Seconds = 1800;

    private readonly Dictionary<string, (string Status, string[] Lines)> _checks = [];

    private Guest(string log) => Log = log;

    /// <summary>Its console, kept.</summary>
    public string Log { get; }

    /// <summary>Whether it ran to its end.</summary>
    public bool Ended { get; private set; }

    /// <summary>Boots a kernel, which takes minutes.</summary>
    /// <param name="kernel">A series, such as 6.1.</param>
    /// <param name="architecture">As Debian names it.</param>
    /// <param name="files">Made by test/kernels/prepare.</param>
    public static async Task<Guest> RunAsync(string kernel, string architecture, string files)
    {
        var guest = new Guest(Repository.File($"out/kernels/log/{kernel}-{architecture}.log"));
        Directory.CreateDirectory(Path.GetDirectoryName(guest.Log)!);
        using Process boot = Repository.Start(
            $"test/kernels/boot {kernel} {files} {Seconds} >{guest.Log} 2>&1", ("ARCH", architecture));
        await boot.WaitForExitAsync();
        guest.Read();
        return guest;
    }

    /// <summary>What a check printed; fails where it failed, or was not reached.</summary>
    public string[] Passed(string check)
    {
        Assert.True(_checks.TryGetValue(check, out var result), $"the check {check} did not come to its end: see {Log}");
        string failures = string.Join('\n', result.Lines.Where(line => line.StartsWith("FAIL", StringComparison.Ordinal)));
        Assert.True(result.Status == "0", $"the check {check} ended with {result.Status}: see {Log}\n{failures}");
        return result.Lines;
    }

    /// <summary>What a check printed that is to fail.</summary>
    public string[] Failed(string check)
    {
        Assert.True(_checks.TryGetValue(check, out var result), $"the check {check} did not come to its end: see {Log}");
        Assert.NotEqual("0", result.Status);
        return result.Lines;
    }

    private void Read()
    {
        List<string> lines = [];
        foreach (string line in File.ReadLines(Log))
        {
            if (line.StartsWith("== ", StringComparison.Ordinal))
            {
                lines = [];
            }
            else if (line.StartsWith("-- ", StringComparison.Ordinal) && line[3..].Split(": ") is [string name, string ended])
            {
                _checks[name] = (ended.Split(' ')[0], [.. lines]);
            }
            else
            {
                lines.Add(line);
                Ended |= line == "all done";
            }
        }
    }
}
