using System.CommandLine;
using Depmap.Common;
using Depmap.Common.Options;
using Depmap.Plugin.Cluster;
using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Options;
using Depmap.Plugin.Output;
using Depmap.Plugin.Shell;

namespace Depmap.Plugin.Commands;

/// <summary>Prints the versions of this program and of the relay.</summary>
internal sealed class VersionCommand : Command
{
    private enum Format { Text, Json }

    private static readonly Choice<Format> Formats = new(("text", Format.Text), ("json", Format.Json));

    private readonly Option<bool> _client = new("--client")
    {
        Description = "Print only the version of this client, without contacting a cluster.",
    };

    private readonly Option<Format> _output = ParsedOption.WithDefault(
        ["--output", "-o"], Formats, "text: for people. json: one object.", "text");

    private readonly RelayOptions _relay;
    private readonly Terminal _terminal;

    public VersionCommand(ProgramName program, RelayOptions relay, Terminal terminal)
        : base(
            "version",
            $"""
            Print the versions of this client and of the relay.

            Examples:
              # The versions of this program and of the relay in the cluster
              {program} version

              # Only the version of this program
              {program} version --client
            """)
    {
        _relay = relay;
        _terminal = terminal;
        Add(_client);
        Add(_output);
        relay.AddTo(this);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        bool isJson = parse.GetValue(_output) == Format.Json;
        if (!isJson)
            _terminal.Print(VersionOutput.Client(ProductVersion.Text));
        string? relayVersion = null;
        try
        {
            if (!parse.GetValue(_client))
                relayVersion = await GetRelayVersionAsync(parse, cancellationToken);
        }
        catch (Exception e) when (e is RelayException or ApiException)
        {
            // Like kubectl, print the client's version even if the other side does not respond.
            if (isJson)
                _terminal.Print(VersionOutput.Json(ProductVersion.Text, null));
            throw;
        }

        if (isJson)
            _terminal.Print(VersionOutput.Json(ProductVersion.Text, relayVersion));
        else if (relayVersion is not null)
            _terminal.Print(VersionOutput.Relay(relayVersion));
        return ExitCode.Success;
    }

    private async Task<string> GetRelayVersionAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        Parsed<RelaySource> source = await _relay.ReadAsync(parse, cancellationToken);
        if (source.Error is { } error)
            throw new RelayException(error);
        using Relay relay = await source.Value.OpenAsync(cancellationToken);
        return relay.Version;
    }
}
