using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Depmap.Common.Logging;

/// <summary>
/// Writes each message as one line: <c>2026-05-04T10:11:12.131Z info  uplink: connected to relay:9471</c>, where the
/// word before the colon is the folder of the class that speaks. (Microsoft.Extensions.Logging with its console
/// provider does the same for 2 MB of resident memory more.)
/// </summary>
/// <param name="output">Written to line by line, before the call returns.</param>
/// <param name="least">Less than this is not written.</param>
/// <param name="timeProvider">The clock for time stamps.</param>
internal sealed class StderrLoggerFactory(TextWriter output, LogLevel least, TimeProvider timeProvider) : ILoggerFactory, ILoggerProvider
{
    private readonly Lock _oneLine = new();

    public ILogger CreateLogger(string categoryName) => new LineLogger(this, FolderOf(categoryName));

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("There is one destination.");

    public void Dispose()
    {
    }

    private bool IsEnabled(LogLevel level) => level >= least && level != LogLevel.None;

    // Depmap.Agent.Uplink.RelayUplink speaks as "uplink".
    private static string FolderOf(string category) =>
        category.Split('.') is [.., string folder, _] ? folder.ToLowerInvariant() : category;

    private void Write(LogLevel level, string folder, string message, Exception? exception)
    {
        string stamp = timeProvider.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        string cause = exception is null ? "" : $": {exception.GetType().Name}: {exception.Message}";
        string line = OneLine($"{stamp} {Word(level),-5} {folder}: {message}{cause}");
        lock (_oneLine)
            output.WriteLine(line);
    }

    private static string Word(LogLevel level) => level switch
    {
        LogLevel.Trace or LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warn",
        _ => "error",
    };

    // Words of a peer or of a file may hold line ends and terminal escapes.
    private static string OneLine(string text) => text.Any(char.IsControl)
        ? string.Create(text.Length, text, static (line, from) =>
        {
            for (int i = 0; i < line.Length; i++)
                line[i] = char.IsControl(from[i]) ? ' ' : from[i];
        })
        : text;

    private sealed class LineLogger(StderrLoggerFactory factory, string folder) : ILogger
    {
        public bool IsEnabled(LogLevel level) => factory.IsEnabled(level);

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public void Log<TState>(
            LogLevel level, EventId id, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(level))
                factory.Write(level, folder, formatter(state, exception), exception);
        }
    }
}
