using Depmap.Agent.Uplink;
using Depmap.Common.Logging;
using Microsoft.Extensions.Logging;

namespace Depmap.Agent.Tests;

public class LoggingTests
{
    private readonly StringWriter _written = new();

    [Theory]
    [InlineData(LogLevel.Debug, "debug")]
    [InlineData(LogLevel.Information, "info ")]
    [InlineData(LogLevel.Warning, "warn ")]
    [InlineData(LogLevel.Error, "error")]
    public void A_message_is_one_line_with_time_level_and_folder(LogLevel level, string word)
    {
        LoggerFor(LogLevel.Debug).Log(level, "connected to {Address}", "relay:9471");
        Assert.Equal($"2026-05-04T10:11:12.131Z {word} uplink: connected to relay:9471\n", _written.ToString());
    }

    [Fact]
    public void Messages_below_the_minimum_level_are_not_written()
    {
        ILogger logger = LoggerFor(LogLevel.Warning);
        logger.LogInformation("no");
        Assert.False(logger.IsEnabled(LogLevel.Information));
        logger.LogWarning("yes");
        Assert.EndsWith(" warn  uplink: yes\n", _written.ToString());
    }

    [Fact]
    public void Line_breaks_terminal_escapes_and_exceptions_do_not_break_the_line()
    {
        LoggerFor(LogLevel.Debug).LogError(new IOException("one\r\ntwo"), "a\n\u001b[31mb");
        Assert.Equal("2026-05-04T10:11:12.131Z error uplink: a  [31mb: IOException: one  two\n", _written.ToString());
    }

    private ILogger LoggerFor(LogLevel minimum) =>
        new StderrLoggerFactory(_written, minimum, new Stopped()).CreateLogger<RelayUplink>();

    private sealed class Stopped : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(2026, 5, 4, 10, 11, 12, 131, TimeSpan.Zero);
    }
}
