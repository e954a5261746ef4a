using System.CommandLine;
using Depmap.Common;
using Depmap.Common.Options;
using Depmap.Plugin.Cluster;
using Depmap.Plugin.Options;
using Depmap.Plugin.Output;
using Depmap.Plugin.Policies;
using Depmap.Plugin.Shell;
using Depmap.V1;
using Google.Protobuf;

namespace Depmap.Plugin.Commands;

/// <summary>Prints network policies that allow what was seen, or what policies would forbid of it.</summary>
internal sealed class PolicyCommand : Command, IErrorCode
{
    /// <summary>The policies would forbid something.</summary>
    private const int Forbidden = 1;

    /// <summary>Any error with --check.</summary>
    private const int CheckFailed = 2;

    private const string Live = "live";

    private enum Format { Yaml, Json }

    private static readonly Choice<Format> Formats = new(("yaml", Format.Yaml), ("json", Format.Json));

    private readonly Option<string[]> _namespaces = ParsedOption.List(
        ["--namespace", "-n"], "NAME", "The namespace of the workloads. (default the context's namespace)",
        text => text.Length > 0 && !text.Contains('/') ? text : Parsed<string>.Invalid("use a name"));

    private readonly Option<bool> _allNamespaces = new("--all-namespaces", "-A") { Description = "Workloads of all namespaces." };

    private readonly Option<string?> _check = ParsedOption.Reference(
        ["--check"],
        "FILE|DIR|live",
        "Print no policies, but what was seen and would be forbidden by those in a file or folder, or by those in the cluster (live).",
        text => text.Length > 0 ? text : Parsed<string>.Invalid("use the name of a file or folder, or live"));

    private readonly Option<long?> _since;

    private readonly Option<Format?> _output = ParsedOption.Optional(
        ["--output", "-o"], Formats, "yaml or json. (default yaml, with --check a table)");

    private readonly ColorOption _color = new();
    private readonly RelayOptions _relay;
    private readonly Terminal _terminal;

    public PolicyCommand(ProgramName program, RelayOptions relay, Terminal terminal)
        : base(
            "policy",
            $"""
            Print network policies that allow what was seen and nothing else.

            There is one NetworkPolicy for each workload, for connections to it and from it. DNS is always allowed. Kubelet
            probes need no rule, and dropped connections get none. What was not seen since the relay started, or with
            install --persist in a week, is forbidden: review the policies before you apply them.

            With --check, it prints which of the connections that were seen a set of policies would forbid. The exit code is
            then 0 if there are none, 1 if there are any, and 2 after an error.

            Examples:
              # Policies for all workloads of the namespace shop
              {program} policy -n shop

              # Would these policies break something that works now?
              {program} policy -n shop --check policies/

              # In a pipeline, with the policies in the cluster
              {program} policy -A --check live -o json
            """)
    {
        _relay = relay;
        _terminal = terminal;
        _since = ParsedOption.Optional(
            ["--since"],
            SinceParser.ValueName,
            "Only what was seen since then: a duration such as 24h or 7d, or a time. (default all that is kept)",
            text => SinceParser.Parse(text, terminal.TimeProvider));
        Add(_namespaces);
        Add(_allNamespaces);
        Validators.Add(result =>
        {
            if (((Option[])[_allNamespaces, _namespaces]).All(option => result.GetResult(option) is { Implicit: false }))
                result.AddError($"{_allNamespaces.Name} and {_namespaces.Name} cannot be used together");
        });
        Add(_since);
        Add(_check);
        Add(_output);
        _color.AddTo(this);
        relay.AddTo(this);
        SetAction(RunAsync);
    }

    /// <summary>For a pipeline, a check that failed must differ from one that found something.</summary>
    public int ErrorCode(ParseResult parse) => parse.GetResult(_check) is { Implicit: false } ? CheckFailed : ExitCode.Failure;

    private Task<int> RunAsync(ParseResult parse, CancellationToken cancellationToken) => parse.GetValue(_check) is { } check
        ? CheckAsync(parse, check, cancellationToken)
        : PrintAsync(parse, cancellationToken);

    private async Task<int> PrintAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        Parsed<RelaySource> source = await _relay.ReadAsync(parse, cancellationToken);
        if (source.Error is { } error)
            return _terminal.Fail(error);
        string[] namespaces = Namespaces(parse, source.Value);
        using Relay relay = await source.Value.OpenAsync(cancellationToken);
        TrafficResponse seen = await relay.GetTrafficAsync(
            new TrafficRequest { Namespaces = { namespaces }, SinceUnixNs = parse.GetValue(_since) ?? 0 }, cancellationToken);
        PolicyDocument[] documents = [.. new PolicyGenerator(seen).Create(namespaces)];
        if (documents.Length == 0)
        {
            string text = namespaces.Length > 0 ? $"Nothing was seen in {string.Join(", ", namespaces)}." : "Nothing was seen.";
            _terminal.Error.WriteLine(await ExplainAsync(text, source.Value, namespaces, cancellationToken));
        }
        else if (parse.GetValue(_output) == Format.Json)
            _terminal.Print(PolicyYaml.CreateList(documents).ToJsonString() + "\n");
        else
            _terminal.Print(PolicyYaml.Write(seen, documents, _terminal.TimeProvider.GetUtcNow()));
        return ExitCode.Success;
    }

    private async Task<int> CheckAsync(ParseResult parse, string check, CancellationToken cancellationToken)
    {
        Parsed<RelaySource> source = await _relay.ReadAsync(parse, cancellationToken);
        Parsed<byte[]> given = source.Error is not null || check == Live
            ? new Parsed<byte[]>([], source.Error)
            : PolicyFiles.Read(check, Namespaces(parse, source.Value) is [var ns] ? ns : source.Value.Namespace);
        if (given.Error is { } error)
        {
            _terminal.Fail(error);
            return CheckFailed;
        }

        string[] namespaces = Namespaces(parse, source.Value);
        using Relay relay = await source.Value.OpenAsync(cancellationToken);
        CheckResponse response = await relay.CheckPoliciesAsync(
            new CheckRequest
            {
                Policies = ByteString.CopyFrom(given.Value),
                Namespaces = { namespaces },
                SinceUnixNs = parse.GetValue(_since) ?? 0,
            },
            cancellationToken);
        DateTimeOffset now = _terminal.TimeProvider.GetUtcNow();
        if (parse.GetValue(_output) == Format.Json)
            _terminal.Print(IndentedJson.Write(ForbiddenFields.Of(response), WhyJsonContext.Default.ForbiddenFields));
        else if (response.Forbidden.Count > 0)
            _terminal.Print(ForbiddenTable.Write(response.Forbidden, now, TableStyle.Of(_terminal, _color.Read(parse))));
        string seen = $"{response.Checked} kinds of connections seen in {Quantity.Age(now - UnixTime.ToUtc(response.SinceUnixNs))}";
        string policy = response.Policies == 1 ? "policy" : "policies";
        string text = $"{response.Policies} {policy} would forbid {response.Forbidden.Count} of {seen}.";
        // Nothing to check may mean a mistyped namespace.
        _terminal.Error.WriteLine(
            response.Checked == 0 ? await ExplainAsync(text, source.Value, namespaces, cancellationToken) : text);
        return response.Forbidden.Count > 0 ? Forbidden : ExitCode.Success;
    }

    private static Task<string> ExplainAsync(
        string text, RelaySource source, IEnumerable<string> namespaces, CancellationToken cancellationToken) =>
        NameHint.ExplainAsync(text, source, new Filter { Namespaces = { namespaces } }, [], cancellationToken);

    // None for all.
    private string[] Namespaces(ParseResult parse, RelaySource source) => parse.GetValue(_allNamespaces) ? []
        : parse.GetValue(_namespaces) is { Length: > 0 } given ? given
        : [source.Namespace];
}
