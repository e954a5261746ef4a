using System.Net;
using Depmap.Agent.Links;
using Depmap.Agent.Options;
using Microsoft.Extensions.Logging;

namespace Depmap.Agent.Tests.Options;

public class AgentCommandTests
{
    private readonly Dictionary<string, string> _environment = [];
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();
    private AgentOptions? _read;

    [Fact]
    public async Task Options_that_are_not_given_have_their_defaults()
    {
        Assert.Equal(0, await RunAsync("--relay", "relay:9471"));
        Assert.Equal(new Uri("http://relay:9471"), _read!.Relay);
        Assert.Equal(Environment.MachineName, _read.Node);
        Assert.Empty(_read.NodeAddresses);
        Assert.Equal(IPEndPoint.Parse("127.0.0.1:9472"), _read.Listen);
        Assert.Equal(0, _read.FlowSlots);
        Assert.Equal(65536, _read.MaxConnections);
        Assert.Null(_read.Attach);
        Assert.Equal(LogLevel.Information, _read.LogLevel);
    }

    [Fact]
    public async Task Options_are_read()
    {
        Assert.Equal(0, await RunAsync(
            "--relay=[2001:db8::1]:80", "--node", "node-a", "--node-ip", "192.0.2.1", "--node-ip", "2001:db8::2,192.0.2.3",
            "--listen", "none", "--flow-slots", "4096", "--max-connections", "1024", "--attach", "clsact", "--log-level", "ERROR"));
        Assert.Equal("http://[2001:db8::1]:80", _read!.Relay.OriginalString.TrimEnd('/'));
        AssertRest(LogLevel.Error);
    }

    [Fact]
    public async Task Variables_are_read()
    {
        _environment["DEPMAP_RELAY"] = "192.0.2.9:1";
        _environment["DEPMAP_NODE"] = "node-a";
        _environment["DEPMAP_NODE_IP"] = "192.0.2.1, 2001:db8::2,192.0.2.3";
        _environment["DEPMAP_LISTEN"] = "none";
        _environment["DEPMAP_FLOW_SLOTS"] = "4096";
        _environment["DEPMAP_MAX_CONNECTIONS"] = "1024";
        _environment["DEPMAP_ATTACH"] = "clsact";
        _environment["DEPMAP_LOG_LEVEL"] = "debug";
        Assert.Equal(0, await RunAsync());
        Assert.Equal(new Uri("http://192.0.2.9:1"), _read!.Relay);
        AssertRest(LogLevel.Debug);
    }

    [Fact]
    public async Task An_option_takes_precedence_over_its_variable_and_an_empty_variable_is_ignored()
    {
        _environment["DEPMAP_RELAY"] = "wrong";
        _environment["DEPMAP_ATTACH"] = "";
        Assert.Equal(0, await RunAsync("--relay", "relay:9471"));
        Assert.Equal("relay", _read!.Relay.Host);
    }

    [Theory]
    [InlineData("", "--relay is required: use --relay HOST:PORT or set DEPMAP_RELAY")]
    [InlineData("--relay", "--relay needs a value: --relay HOST:PORT")]
    [InlineData("--relay a:1 --relay b:1", "--relay is given 2 times, give it once")]
    [InlineData("--relay a", "invalid value \"a\" for --relay: use HOST:PORT, such as depmap-relay:9471")]
    [InlineData("--relay a:0", "invalid value \"a:0\" for --relay: use HOST:PORT, such as depmap-relay:9471")]
    [InlineData("--relay a:65536", "invalid value \"a:65536\" for --relay: use HOST:PORT, such as depmap-relay:9471")]
    [InlineData("--relay http://a:1", "invalid value \"http://a:1\" for --relay: use HOST:PORT, such as depmap-relay:9471")]
    [InlineData("--relay 2001:db8::1:80", "invalid value \"2001:db8::1:80\" for --relay: use HOST:PORT, such as depmap-relay:9471")]
    [InlineData("--realy a:1", "unknown flag --realy, did you mean --relay?")]
    [InlineData("--relay=a:1 --lissen=none", "unknown flag --lissen, did you mean --listen?")]
    [InlineData("--nothing-like-it", "unknown flag --nothing-like-it, see depmap-agent --help")]
    [InlineData("start --relay a:1", "unexpected argument \"start\", see depmap-agent --help")]
    [InlineData("--relay a:1 --flow-slots many", "invalid value \"many\" for --flow-slots: use a power of two from 1024 to 1048576, or 0")]
    [InlineData(
        "--relay a:1 --flow-slots 5000",
        "invalid value \"5000\" for --flow-slots: use a power of two from 1024 to 1048576, or 0; the nearest is 4096")]
    [InlineData(
        "--relay a:1 --flow-slots 7000",
        "invalid value \"7000\" for --flow-slots: use a power of two from 1024 to 1048576, or 0; the nearest is 8192")]
    [InlineData(
        "--relay a:1 --flow-slots 12",
        "invalid value \"12\" for --flow-slots: use a power of two from 1024 to 1048576, or 0; the nearest is 1024")]
    [InlineData(
        "--relay a:1 --flow-slots 99999999999999999999",
        "invalid value \"99999999999999999999\" for --flow-slots: use a power of two from 1024 to 1048576, or 0; the nearest is 1048576")]
    [InlineData("--relay a:1 --max-connections 0", "invalid value \"0\" for --max-connections: use a number from 1024 to 1048576")]
    [InlineData("--relay a:1 --max-connections -1", "invalid value \"-1\" for --max-connections: use a number from 1024 to 1048576")]
    [InlineData("--relay a:1 --max-connections 1e6", "invalid value \"1e6\" for --max-connections: use a number from 1024 to 1048576")]
    [InlineData("--relay a:1 --attach tc", "invalid value \"tc\" for --attach: use auto, tcx or clsact, did you mean tcx?")]
    [InlineData(
        "--relay a:1 --log-level warnig",
        "invalid value \"warnig\" for --log-level: use debug, info, warning or error, did you mean warning?")]
    [InlineData("--relay a:1 --log-level warn", "invalid value \"warn\" for --log-level: use debug, info, warning or error")]
    [InlineData("--relay a:1 --node-ip 10", "invalid value \"10\" for --node-ip: use an IP address, such as 192.0.2.1")]
    [InlineData("--relay a:1 --node-ip 192.0.2.1,x", "invalid value \"192.0.2.1,x\" for --node-ip: x is not an IP address")]
    [InlineData("--relay a:1 --listen 9472", "invalid value \"9472\" for --listen: use ADDRESS:PORT or none, such as 127.0.0.1:9472")]
    [InlineData(
        "--relay a:1 --listen 127.0.0.1:0",
        "invalid value \"127.0.0.1:0\" for --listen: use ADDRESS:PORT or none, such as 127.0.0.1:9472")]
    [InlineData(
        "--relay a:1 --listen localhost:9472",
        "invalid value \"localhost:9472\" for --listen: use ADDRESS:PORT or none, such as 127.0.0.1:9472")]
    public async Task An_invalid_command_line_is_reported_in_one_line(string line, string error)
    {
        Assert.Equal(1, await RunAsync(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)));
        Assert.Equal($"error: {error}\n", _error.ToString());
        Assert.Empty(_output.ToString());
        Assert.Null(_read);
    }

    [Fact]
    public async Task An_invalid_variable_is_reported_by_name()
    {
        _environment["DEPMAP_FLOW_SLOTS"] = "1000";
        Assert.Equal(1, await RunAsync("--relay", "a:1"));
        Assert.Equal(
            "error: invalid value \"1000\" for DEPMAP_FLOW_SLOTS: use a power of two from 1024 to 1048576, or 0; the nearest is 1024\n",
            _error.ToString());
    }

    [Fact]
    public async Task Help_names_each_option_with_its_variable_range_and_default()
    {
        Assert.Equal(0, await RunAsync("--help"));
        Assert.Empty(_error.ToString());
        // In the test, the program's name is that of the test runner.
        string help = string.Join('\n', _output.ToString().Split('\n').Where(l => !l.EndsWith(" [options]")).Select(l => l.TrimEnd()));
        await Snapshot.Match(help);
    }

    [Fact]
    public async Task Version_is_printed_alone()
    {
        Assert.Equal(0, await RunAsync("--version"));
        Assert.Matches(@"^\d+\.\d+\.\d+\S*\n$", _output.ToString());
        Assert.Null(_read);
    }

    [Fact]
    public async Task The_agent_s_exit_code_is_the_program_s()
    {
        Assert.Equal(3, await new AgentCommand(_ => null).RunAsync(
            ["--relay", "a:1"], _output, _error, (_, _) => Task.FromResult(3)));
    }

    private void AssertRest(LogLevel level)
    {
        Assert.Equal("node-a", _read!.Node);
        Assert.Equal(["192.0.2.1", "2001:db8::2", "192.0.2.3"], _read.NodeAddresses.Select(a => a.ToString()));
        Assert.Null(_read.Listen);
        Assert.Equal(4096, _read.FlowSlots);
        Assert.Equal(1024, _read.MaxConnections);
        Assert.Equal(AttachMode.Clsact, _read.Attach);
        Assert.Equal(level, _read.LogLevel);
    }

    private Task<int> RunAsync(params string[] args) =>
        new AgentCommand(_environment.GetValueOrDefault).RunAsync(args, _output, _error, (options, _) =>
        {
            _read = options;
            return Task.FromResult(0);
        });
}
