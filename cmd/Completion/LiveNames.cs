using System.CommandLine;
using Depmap.Common.Options;
using Depmap.Plugin.Cluster;
using Depmap.Plugin.Objects;
using Depmap.Plugin.Options;
using Depmap.V1;

namespace Depmap.Plugin.Completion;

/// <summary>The names in the cluster that complete a value of the commands that read from the relay.</summary>
/// <param name="relay">Must not prompt the user.</param>
internal sealed class LiveNames(RelayOptions relay)
{
    private const int MaxNames = 500;

    // A person waits for the list; a plugin for credentials that takes longer is ended.
    private static readonly TimeSpan Timeout = TimeSpan.FromMilliseconds(300);

    /// <param name="word">A flag, or the name of an argument.</param>
    /// <param name="typed">The start of its value.</param>
    /// <returns>Whole values; none if the relay does not respond in time, whatever the reason.</returns>
    public async Task<IEnumerable<string>> FindAsync(ParseResult parse, string word, string typed)
    {
        if (!relay.IsUsedBy(parse.CommandResult.Command) || TypedName.Read(word, typed) is not { } name)
            return [];
        using var timeout = new CancellationTokenSource(Timeout);
        try
        {
            // On another thread: a name server or a file may block.
            NamesResponse response = await Task.Run(() => AskAsync(parse, name, timeout.Token), timeout.Token).WaitAsync(Timeout * 1.1);
            return [.. response.Names.Where(one => PlainName.Is(one.Namespace + one.Name)).Select(name.Complete).Distinct()];
        }
        // Whatever it is, the command itself reports it: here, it would be printed into the user's line.
        catch (Exception)
        {
            return [];
        }
    }

    private async Task<NamesResponse> AskAsync(ParseResult parse, TypedName name, CancellationToken cancellationToken)
    {
        Parsed<RelaySource> source = await relay.ReadAsync(parse, cancellationToken);
        if (source.Error is not null)
            return new NamesResponse();
        return await source.Value.GetNamesAsync(
            new NamesRequest
            {
                Kinds = { name.Kinds },
                Prefix = name.Start,
                Limit = MaxNames,
                Namespaces = { name.Namespace is { } typed ? [typed] : Namespaces(parse) },
                WorkloadKind = name.WorkloadKind,
            },
            cancellationToken);
    }

    /// <summary>The namespaces of <c>-n</c>, even if the rest of the command line is not complete yet.</summary>
    private static IEnumerable<string> Namespaces(ParseResult parse) =>
        parse.CommandResult.Command.Options.FirstOrDefault(option => option.Name == "--namespace") is { } option
            && parse.GetResult(option) is { Implicit: false } given
            ? given.Tokens.SelectMany(token => token.Value.Split(','))
            : [];
}
