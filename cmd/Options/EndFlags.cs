using Depmap.Common.Options;
using Depmap.V1;

namespace Depmap.Plugin.Options;

/// <summary>
/// The flags that filter by a property of an end of a flow: for each property <c>--X</c>, <c>--from-X</c> and <c>--to-X</c>.
/// </summary>
internal static class EndFlags
{
    private const string Qualified = "[NAMESPACE/]NAME";

    /// <param name="forEdges">Whether an edge is filtered, which is not of one pod.</param>
    public static IReadOnlyList<FilterFlag> Create(bool forEdges)
    {
        Property[] all =
        [
            new("namespace", "NAME", "this namespace", ParseName, (end, text) => end.Namespaces.Add(text))
            {
                Short = "-n", AddEither = (filter, text) => filter.Namespaces.Add(text),
            },
            new("pod", "[NAMESPACE/]PREFIX", "pods whose name starts with this prefix", ParseQualified, (end, text) => end.Pods.Add(text))
            {
                AddEither = (filter, text) => filter.Pods.Add(text), OnlyFlows = true,
            },
            new("service", Qualified, "this service", ParseQualified, (end, text) => end.Services.Add(text))
            {
                AddEither = (filter, text) => filter.Services.Add(text),
                Either = "to this service",
                From = "from the pods behind this service",
            },
            new("workload", "[NAMESPACE/][KIND/]NAME", "this workload, such as deploy/web", WorkloadReference.Parse,
                (end, text) => end.Workloads.Add(text)),
            new("node", "NAME", forEdges ? "this node itself" : "this node and its pods", ParseName, (end, text) => end.Nodes.Add(text)),
            new("selector", "SELECTOR", "pods with these labels", ParseSelector, (end, text) => end.Selectors.Add(text))
            {
                Short = "-l", OnlyFlows = true, Separator = null,
            },
            new("ip", "ADDRESS|CIDR", "these addresses", OptionParsers.AddressOrRange, (end, text) => end.Addresses.Add(text))
            {
                OnlyFlows = true,
            },
            new("fqdn", "NAME", "this DNS name outside the cluster, such as *.example.com", ParseDomain, (end, text) => end.Names.Add(text))
            {
                OnlyServers = true,
            },
            new("port", "N", "this port", ParsePort, (end, text) => end.Ports.Add(Number(text)))
            {
                AddEither = (filter, text) => filter.Ports.Add(Number(text)),
                Either = "to this server port",
                From = "from this client port",
                OnlyFlowsFrom = true,
            },
        ];
        Property[] used = [.. all.Where(property => !(forEdges && property.OnlyFlows))];
        return
        [
            .. used.Select(property => property.CreateEither()),
            .. used.Where(property => !property.OnlyServers && !(forEdges && property.OnlyFlowsFrom))
                .Select(property => property.CreateFrom()),
            .. used.Select(property => property.CreateTo()),
        ];
    }

    private static Parsed<string> ParseName(string text) =>
        text.Length > 0 && !text.Contains('/') ? text : Parsed<string>.Invalid("use a name");

    private static Parsed<string> ParseQualified(string text) =>
        text.Split('/') is [not ""] or [not "", not ""] ? text : Parsed<string>.Invalid("use NAME or NAMESPACE/NAME");

    private static Parsed<string> ParseSelector(string text) =>
        LabelQuery.Parse(text).Error is { } error ? Parsed<string>.Invalid(error) : text;

    // The relay has names in lowercase without the final dot.
    private static Parsed<string> ParseDomain(string text)
    {
        string name = text.TrimEnd('.').ToLowerInvariant();
        return name.Length > 0 && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '-' or '_' or '*')
            ? name
            : Parsed<string>.Invalid("use a DNS name, such as api.example.com or *.example.com");
    }

    private static Parsed<string> ParsePort(string text) =>
        OptionParsers.Number<uint>(1, ushort.MaxValue)(text).Error is { } error ? Parsed<string>.Invalid(error) : text;

    private static uint Number(string text) => OptionParsers.Number<uint>(1, ushort.MaxValue)(text).Value;

    /// <param name="Name">The name of the flags without dashes.</param>
    /// <param name="What">What the value means, for help.</param>
    /// <param name="Parser">Checks a value, and may rewrite it for the relay.</param>
    /// <param name="Add">Adds a value to the filter of an end.</param>
    private sealed record Property(string Name, string ValueName, string What, Parser<string> Parser, Action<EndFilter, string> Add)
    {
        /// <summary>The short flag of either end.</summary>
        public string? Short { get; init; }

        /// <summary>Adds a value to the filter of either end, if older relays know the property.</summary>
        public Action<Filter, string>? AddEither { get; init; }

        /// <summary>The flag of either end in help, if only a server is meant.</summary>
        public string? Either { get; init; }

        public string? From { get; init; }

        /// <summary>Edges have no such property.</summary>
        public bool OnlyFlows { get; init; }

        /// <summary>Clients of edges have no such property.</summary>
        public bool OnlyFlowsFrom { get; init; }

        /// <summary>Clients have no such property.</summary>
        public bool OnlyServers { get; init; }

        public char? Separator { get; init; } = ',';

        public FilterFlag CreateEither() => Create(
            Short is null ? [$"--{Name}"] : [$"--{Name}", Short],
            Either ?? (OnlyServers ? $"to {What}" : $"from or to {What}"),
            AddEither ?? ((filter, text) => Add(filter.Either ??= new EndFilter(), text)));

        public FilterFlag CreateFrom() => Create(
            [$"--from-{Name}"], From ?? $"from {What}", (filter, text) => Add(filter.Source ??= new EndFilter(), text));

        public FilterFlag CreateTo() => Create(
            [$"--to-{Name}"], $"to {What}", (filter, text) => Add(filter.Destination ??= new EndFilter(), text));

        private FilterFlag Create(string[] names, string meaning, Action<Filter, string> add) => new(
            names,
            ValueName,
            $"Only flows {meaning}.",
            text =>
            {
                (string value, string? error) = Parser(text);
                return error is null
                    ? new Parsed<Action<Filter>>(filter => add(filter, value), null)
                    : Parsed<Action<Filter>>.Invalid(error);
            },
            Separator);
    }
}
