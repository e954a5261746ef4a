using System.CommandLine;
using System.Net;
using Depmap.Common.Options;
using Depmap.Relay.Map;

namespace Depmap.Relay.Options;

/// <summary>The command line of <c>depmap-relay</c>.</summary>
/// <param name="environment">Returns an environment variable's value; null if it is not set.</param>
internal sealed class RelayCommand(Func<string, string?> environment) : DaemonCommand<RelayOptions>(
    "depmap-relay",
    "Joins the sightings of Depmap's agents to flows with names, keeps the map, and answers queries. "
    + "Each option can be set with the environment variable in brackets instead.", environment)
{
    private readonly Setting<IPEndPoint> _intake = new("--intake", "ADDRESS:PORT",
        "Where agents connect; [::] is any address, IPv4 as well.", OptionParsers.EndPoint, "[::]:9471");

    private readonly Setting<IPEndPoint> _queries = new("--queries", "ADDRESS:PORT",
        "Where queries are answered.", OptionParsers.EndPoint, "127.0.0.1:9470");

    private readonly Setting<IPEndPoint?> _listen = new("--listen", "ADDRESS:PORT",
        "Where /healthz and /readyz are served, or none.", OptionParsers.EndPointOrNone, "none");

    private readonly Setting<string?> _tlsFolder = new("--tls-folder", "FOLDER",
        "A folder with tls.crt, tls.key and ca.crt, for mutual TLS with the agents.", OptionParsers.OptionalText,
        fallback: "", fallbackName: "none, without TLS");

    private readonly Setting<string?> _certificates = new("--certificates", "NAMESPACE",
        "Make and renew the certificates for mutual TLS with the agents, in Secrets of this namespace and of NAMESPACE-agents.",
        OptionParsers.OptionalText, fallback: "");

    private readonly Setting<string?> _objects = new("--objects", "FILE",
        "Read names from a Kubernetes List, as printed by kubectl get -o json. The file is reloaded when it changes.",
        OptionParsers.OptionalText, fallback: "");

    private readonly Setting<string?> _kubernetes = new("--kubernetes", "FOLDER",
        "Read names from the Kubernetes API, with the token and ca.crt in this folder of a ServiceAccount.",
        OptionParsers.OptionalText, fallback: "");

    private readonly Setting<int> _flows = new("--flows", "N",
        "The number of flows held for queries, from 16 to 10000000.", OptionParsers.Number(16, 10_000_000), "16384");

    private readonly Setting<int> _maxFlows = new("--max-flows", "N",
        "The maximum number of concurrent flows, from 16 to 10000000. Beyond it, the further bytes of the oldest are missing.",
        OptionParsers.Number(16, 10_000_000), "200000");

    private readonly Setting<int> _maxEdges = new("--max-edges", "N",
        "The maximum number of edges in the map, from 1 to 10000000. Beyond it, those that were unused for the longest time are removed, "
        + "edges with addresses outside the cluster first.",
        OptionParsers.Number(1, 10_000_000), "20000");

    private readonly Setting<OutsideNetworks> _outsideCidrs = new("--outside-cidr", "CIDR=NAME",
        "A name for a network outside the cluster, such as 10.0.0.0/8=office: its addresses are one end in the map. Repeatable; the "
        + "longest prefix is used.", OutsideNetworks.Parse, fallback: "", repeatable: true);

    private readonly Setting<string?> _persist = new("--persist", "FOLDER",
        "Keep the history of the map in this folder, across restarts.", OptionParsers.OptionalText,
        fallback: "", fallbackName: "in memory, for an hour");

    private readonly Setting<TimeSpan> _retain = new("--retain", "DURATION",
        "How long the history is kept in the folder, from 1h to 3650d: by the minute for a day, by the hour after that.",
        RetainParser.Duration, "7d");

    private readonly Setting<long> _retainSize = new("--retain-size", "SIZE",
        "The maximum size of the history in the folder, from 1MiB. The oldest is removed beyond it, and beyond four fifths of the volume.",
        RetainParser.Size, "1GiB");

    private readonly Setting<LogLevel> _logLevel = new("--log-level", "debug|info|warning|error",
        "The minimum level to log.", OptionParsers.LogLevel.Parse, "info");

    private readonly Setting<TrialDeadline?> _trial = new("--trial", "NAMESPACE@TIME[,DURATION]",
        "When the relay deletes its namespace, and itself with it: at this time, or so long after the first query.",
        TrialDeadline.Parse, fallback: "", fallbackName: "never");

    protected override Option[] Options =>
    [
        _intake.Option, _queries.Option, _listen.Option, _tlsFolder.Option, _certificates.Option, _objects.Option, _kubernetes.Option,
        _flows.Option, _maxFlows.Option, _maxEdges.Option, _outsideCidrs.Option, _persist.Option, _retain.Option, _retainSize.Option,
        _logLevel.Option, _trial.Option,
    ];

    protected override RelayOptions Read(ParseResult parse, Func<string, string?> environment, ref string? error)
    {
        var options = new RelayOptions
        {
            Intake = _intake.Read(parse, environment, ref error),
            Queries = _queries.Read(parse, environment, ref error),
            Listen = _listen.Read(parse, environment, ref error),
            TlsFolder = _tlsFolder.Read(parse, environment, ref error),
            Certificates = _certificates.Read(parse, environment, ref error),
            Objects = _objects.Read(parse, environment, ref error),
            Kubernetes = _kubernetes.Read(parse, environment, ref error),
            Flows = _flows.Read(parse, environment, ref error),
            MaxFlows = _maxFlows.Read(parse, environment, ref error),
            MaxEdges = _maxEdges.Read(parse, environment, ref error),
            OutsideNetworks = _outsideCidrs.Read(parse, environment, ref error),
            Persist = _persist.Read(parse, environment, ref error),
            Retain = _retain.Read(parse, environment, ref error),
            RetainSize = _retainSize.Read(parse, environment, ref error),
            LogLevel = _logLevel.Read(parse, environment, ref error),
            Trial = _trial.Read(parse, environment, ref error),
        };
        if (options is { Objects: not null, Kubernetes: not null })
            error ??= "--objects and --kubernetes cannot be used together";
        if (options is { Certificates: not null, TlsFolder: not null })
            error ??= "--certificates and --tls-folder cannot be used together";
        if (options is { Certificates: not null, Kubernetes: null })
            error ??= "--certificates requires --kubernetes, whose ServiceAccount changes the Secrets";
        if (options is { Trial: not null, Kubernetes: null })
            error ??= "--trial requires --kubernetes, whose ServiceAccount deletes the namespace";
        return options;
    }
}
