using System.CommandLine;
using Depmap.Common;
using Depmap.Common.Options;
using Depmap.Plugin.Cluster;
using Depmap.Plugin.Options;
using Depmap.Plugin.Output;
using Depmap.Plugin.Shell;

namespace Depmap.Plugin.Commands;

/// <summary>Prints the version of this program, and of the relay if its address is given.</summary>
internal sealed class VersionCommand : Command
{
    private enum Format { Text, Json }

    private static readonly Choice<Format> Formats = new(("text", Format.Text), ("json", Format.Json));

    private readonly Option<Format> _output = ParsedOption.WithDefault(
        ["--output", "-o"], Formats.Names, "text: for people. json: one object.", Formats.Parse, "text");

    private readonly ServerOption _server;
    private readonly Terminal _terminal;

    public VersionCommand(ProgramName program, ServerOption server, Terminal terminal)
        : base(
            "version",
            $"""
            Print the version of this client, and of the relay if its address is given.

            Examples:
              # The version of this program
              {program} version

              # Also the version of a relay
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
        string? error = null;
        if (_server.IsGiven(parse))
            (relayVersion, error) = await GetRelayVersionAsync(_server.Read(parse), cancellationToken);

        // Like kubectl, print the client's version even if the other side does not respond.
        _terminal.Print(parse.GetValue(_output) == Format.Json
            ? VersionOutput.Json(ProductVersion.Text, relayVersion)
            : VersionOutput.Text(ProductVersion.Text, relayVersion));
        return error is null ? ExitCode.Success : _terminal.Fail(error);
    }

    private static async Task<(string? Version, string? Error)> GetRelayVersionAsync(
        Parsed<HostPort> address, CancellationToken cancellationToken)
    {
        if (address.Error is { } invalid)
            return (null, invalid);
        try
        {
            using Relay relay = await RelaySource.At(address.Value).OpenAsync(cancellationToken);
            return (relay.Version, null);
        }
        catch (RelayException e)
        {
            return (null, e.Message);
        }
    }
}
