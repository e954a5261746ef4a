using System.CommandLine;
using Depmap.Common.Options;
using Depmap.Plugin.Cluster;
using Depmap.Plugin.Objects;
using Depmap.Plugin.Options;
using Depmap.Plugin.Output;
using Depmap.Plugin.Shell;
using Depmap.V1;

namespace Depmap.Plugin.Commands;

/// <summary>Prints why one object reaches another or not.</summary>
internal sealed class WhyCommand : Command
{
    private enum Format { Text, Json }

    private static readonly Choice<Format> Formats = new(("text", Format.Text), ("json", Format.Json));

    private readonly Argument<string?> _source = new("source") { HelpName = "SOURCE", Arity = ArgumentArity.ZeroOrOne };
    private readonly Argument<string?> _destination = new("destination")
    {
        HelpName = "DESTINATION[:PORT]", Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<Format> _output = ParsedOption.WithDefault(
        ["--output", "-o"], Formats, "text: for people. json: one object.", "text");

    private readonly NamespaceOption _namespace = new("The namespace of names without one.");
    private readonly RelayOptions _relay;
    private readonly Terminal _terminal;

    public WhyCommand(ProgramName program, RelayOptions relay, Terminal terminal)
        : base(
            "why",
            $"""
            Print why one object reaches another or not.

            It prints the last flows between the two with their verdicts, what the network policies in the cluster decide
            now, and how many endpoints of the service are ready. SOURCE and DESTINATION are deploy/NAME, pod/NAME,
            svc/NAME, ns/NAME and so on, NAMESPACE/NAME, an IP address, or a DNS name outside the cluster.

            Examples:
              # Why can web not reach cart?
              {program} why -n shop deploy/web svc/cart:80

              # May anything in shop connect to the database of another namespace?
              {program} why ns/shop data/sts/postgres:5432

              # To an address outside
              {program} why shop/web 203.0.113.7:443
            """)
    {
        _relay = relay;
        _terminal = terminal;
        Add(_source);
        Add(_destination);
        _namespace.AddTo(this);
        Add(_output);
        relay.AddTo(this);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        if (parse.GetValue(_source) is not { } sourceText || parse.GetValue(_destination) is not { } destinationText)
            return _terminal.Fail("give a source and a destination: why SOURCE DESTINATION[:PORT]");
        Parsed<ObjectReference> source = ObjectReference.Parse(sourceText);
        if (source.Error is { } sourceError)
            return _terminal.Fail(UsageError.InvalidValue(sourceText, "SOURCE", sourceError));
        Parsed<(ObjectReference Object, ushort Port)> destination = ObjectReference.ParseWithPort(destinationText);
        if (destination.Error is { } destinationError)
            return _terminal.Fail(UsageError.InvalidValue(destinationText, "DESTINATION", destinationError));
        Parsed<RelaySource> found = await _relay.ReadAsync(parse, cancellationToken);
        if (found.Error is { } error)
            return _terminal.Fail(error);

        string ns = _namespace.Read(parse) ?? found.Value.Namespace;
        var request = new ExplainRequest
        {
            Source = ReferenceMessage.Create(source.Value, ns),
            Destination = ReferenceMessage.Create(destination.Value.Object, ns),
            Port = destination.Value.Port,
        };
        using Relay relay = await found.Value.OpenAsync(cancellationToken);
        ExplainResponse response = await relay.ExplainAsync(request, cancellationToken);
        foreach ((Reference end, string description) in (
            (Reference, string)[])[(request.Source, response.Source), (request.Destination, response.Destination)])
        {
            if (description.Length == 0)
                _terminal.Error.WriteLine(NotFound(end, response.Nearest));
        }

        bool isEmpty = response.Flows.Count == 0 && (response.Source.Length == 0 || response.Destination.Length == 0);
        if (parse.GetValue(_output) == Format.Json)
            _terminal.Print(WhyJson.Write(response));
        else if (!isEmpty)
            _terminal.Print(WhyText.Write(response, request.Port, _terminal.TimeProvider.LocalTimeZone));
        return ExitCode.Success;
    }

    private static string WithoutNamespace(string name) => name[(name.IndexOf('/') + 1)..];

    private static string NotFound(Reference end, IReadOnlyCollection<string> nearest)
    {
        string name = end.Namespace.Length > 0 ? $"{end.Namespace}/{end.Name}" : end.Name;
        string what = end.Kind == ReferenceKind.Outside ? "No remembered flow is to" : "Nothing in the cluster is named";
        // Those of the other end are among them. Older relays leave out the namespace.
        string hint = NearestWord.Find(end.Name, nearest.Select(WithoutNamespace)) is { } word
            ? $", did you mean {nearest.First(one => WithoutNamespace(one) == word)}?"
            : "";
        return PlainText.Of($"{what} {name}{hint}");
    }
}
