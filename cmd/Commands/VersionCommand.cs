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

    private static readonly Choice<Format> formats = new(("text", Format.Text), ("json", Format.Json));

    private readonly Option<Format> output = TypedOption.One(
        ["--output", "-o"], formats.Names, "text: for people. json: one object. (default text)", formats.Read, Format.Text);

    private readonly ServerOption server;
    private readonly Terminal terminal;

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
        this.server = server;
        this.terminal = terminal;
        Add(output);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parse, CancellationToken cancellation)
    {
        string? relayVersion = null;
        string? problem = null;
        if (server.IsGiven(parse))
            (relayVersion, problem) = await AskAsync(server.Read(parse), cancellation);

        // As kubectl: what is known is printed, even when the other side does not answer.
        terminal.Print(parse.GetValue(output) == Format.Json
            ? VersionOutput.Json(ProductVersion.Text, relayVersion)
            : VersionOutput.Text(ProductVersion.Text, relayVersion));
        return problem is null ? ExitCode.Success : terminal.Fail(problem);
    }

    private static async Task<(string? Version, string? Problem)> AskAsync(
        Reading<RelayAddress> address, CancellationToken cancellation)
    {
        if (address.Problem is { } invalid)
            return (null, invalid);
        try
        {
            using Relay relay = await RelaySource.At(address.Value).OpenAsync(cancellation);
            return (relay.Version, null);
        }
        catch (RelayException failure)
        {
            return (null, failure.Message);
        }
    }
}
