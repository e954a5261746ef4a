using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Depmap.Readers.Bench;

/// <summary>A running <c>kubectl-depmap observe</c> whose lines are counted.</summary>
internal sealed partial class ObserveProcess : IDisposable
{
    private readonly Process _process;
    private readonly TaskCompletionSource _canRead = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _lines, _lost;

    private ObserveProcess(Process process, bool isSlow)
    {
        _process = process;
        if (!isSlow)
            _canRead.SetResult();
        _ = Task.Run(CountLinesAsync);
        _ = Task.Run(ReadLostAsync);
    }

    /// <summary>Lines read so far.</summary>
    public long Lines => Interlocked.Read(ref _lines);

    /// <summary>Flows that it has reported as missed, because it was too slow.</summary>
    public long Lost => Interlocked.Read(ref _lost);

    /// <summary>Seconds that its threads were on a CPU.</summary>
    public double ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime.TotalSeconds;
        }
    }

    /// <param name="isSlow">Its output is not read until <see cref="Read"/>.</param>
    public static ObserveProcess Start(string program, string relay, string flags, bool isSlow = false)
    {
        var start = new ProcessStartInfo(program, ["observe", "--relay", relay, "-o", "json", .. flags.Split(' ')])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return new ObserveProcess(Process.Start(start)!, isSlow);
    }

    public void Read() => _canRead.TrySetResult();

    public Task ExitAsync() => _process.WaitForExitAsync();

    public void Dispose()
    {
        _process.Kill();
        _process.Dispose();
    }

    private async Task CountLinesAsync()
    {
        await _canRead.Task;
        var buffer = new byte[1 << 16];
        Stream output = _process.StandardOutput.BaseStream;
        while (await output.ReadAsync(buffer) is > 0 and var read)
            Interlocked.Add(ref _lines, buffer.AsSpan(0, read).Count((byte)'\n'));
    }

    private async Task ReadLostAsync()
    {
        while (await _process.StandardError.ReadLineAsync() is { } line)
        {
            if (Missed().Match(line) is { Success: true } match)
                Interlocked.Exchange(ref _lost, long.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture));
        }
    }

    [GeneratedRegex("([0-9]+) flows this reader was too slow for")]
    private static partial Regex Missed();
}
