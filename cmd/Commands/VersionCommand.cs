using System.CommandLine;
using Depmap.Common;
using Depmap.Plugin.Cluster;
using Depmap.Plugin.Output;
using Depmap.Plugin.Shell;

namespace Depmap.Plugin.Commands;

/// <summary>Prints the version of this program, and of the relay where one is named.</summary>
internal sealed class VersionCommand : Command
{
    private enum Format { Text, Json }

    private static readonly Choice<Format> Formats = new(("text", Format.Text), ("json", Format.Json));

    private readonly Option<Format> _output = TypedOption.One(
        ["--output", "-o"], Formats.Names, "text: for people. json: one object. (default text)", Formats.Read, Format.Text);

    private readonly ServerOption _server;
    private readonly Terminal _terminal;

    public VersionCommand(string program, ServerOption server, Terminal terminal)
        : base(
            "version",
            $"""
            Print the version of this client, and of the relay if one is given.

            Examples:
              # This program's version
              {program} version

              # The relay's as well
              {program} version --server 127.0.0.1:9470
            """)
    {
        _server = server;
        _terminal = terminal;
        Add(_output);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        string? relayVersion = null;
        string? problem = null;
        if (_server.IsGiven(parse))
            (relayVersion, problem) = await AskAsync(_server.Read(parse), cancellationToken);

        // As kubectl: what is known is printed, even when the other side does not answer.
        _terminal.Print(parse.GetValue(_output) == Format.Json
            ? VersionOutput.Json(ProductVersion.Text, relayVersion)
            : VersionOutput.Text(ProductVersion.Text, relayVersion));
        return problem is null ? ExitCode.Success : _terminal.Fail(problem);
    }

    private static async Task<(string? Version, string? Problem)> AskAsync(
        Reading<RelayAddress> address, CancellationToken cancellationToken)
    {
        if (address.Problem is { } invalid)
            return (null, invalid);
        try
        {
            using Relay relay = await RelaySource.At(address.Value).OpenAsync(cancellationToken);
            return (relay.Version, null);
        }
        catch (RelayException failure)
        {
            return (null, failure.Message);
        }
    }
}
