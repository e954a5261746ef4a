using System.CommandLine;
using System.Net;
using Depmap.Common.Options;

namespace Depmap.Relay.Options;

/// <summary>The command line of <c>depmap-relay</c>.</summary>
/// <param name="environment">Gets an environment variable; returns null if it is not set.</param>
internal sealed class RelayCommand(Func<string, string?> environment) : DaemonCommand<RelayOptions>(
    "Joins the sightings of Depmap's agents into named flows, maintains the map and serves queries.", environment)
{
    private readonly Setting<IPEndPoint> _intake = new("--intake", "ADDRESS:PORT",
        "Address for the agents' reports (default 0.0.0.0:9471, env DEPMAP_INTAKE)", OptionText.EndPoint, "0.0.0.0:9471");

    private readonly Setting<IPEndPoint> _queries = new("--queries", "ADDRESS:PORT",
        "Address for queries (default 127.0.0.1:9470, env DEPMAP_QUERIES)", OptionText.EndPoint, "127.0.0.1:9470");

    private readonly Setting<IPEndPoint?> _listen = new("--listen", "ADDRESS:PORT",
        "Address for /healthz and /readyz, or none (default none, env DEPMAP_LISTEN)", OptionText.EndPointOrNone, "none");

    private readonly Setting<string?> _tlsFolder = new("--tls-folder", "FOLDER",
        "Folder with tls.crt, tls.key and ca.crt for mutual TLS with agents (default none, env DEPMAP_TLS_FOLDER)",
        OptionText.TextOrNone, fallback: "");

    private readonly Setting<string?> _objects = new("--objects", "FILE",
        "Read names from a Kubernetes List, as printed by kubectl get -o json; reloaded when it changes (env DEPMAP_OBJECTS)",
        OptionText.TextOrNone, fallback: "");

    private readonly Setting<string?> _kubernetes = new("--kubernetes", "FOLDER",
        "Read names from the Kubernetes API, with token and ca.crt in this service account folder (env DEPMAP_KUBERNETES)",
        OptionText.TextOrNone, fallback: "");

    private readonly Setting<int> _flows = new("--flows", "N",
        "Number of flows kept for readers (default 16384, env DEPMAP_FLOWS)", OptionText.Number(16, 10_000_000), "16384");

    private readonly Setting<int> _maxEdges = new("--max-edges", "N",
        "Maximum number of edges in the map; flows of further edges are only counted (default 20000, env DEPMAP_MAX_EDGES)",
        OptionText.Number(1, 10_000_000), "20000");

    private readonly Setting<LogLevel> _logLevel = new("--log-level", "debug|info|warning|error",
        "Minimum level of messages on stderr (default info, env DEPMAP_LOG_LEVEL)", OptionText.Level, "info");

    private readonly Setting<TrialDeadline?> _trial = new("--trial", "NAMESPACE@TIME",
        "Delete this namespace, and the relay with it, at this time (default never, env DEPMAP_TRIAL)",
        TrialDeadline.Parse, fallback: "");

    protected override Option[] Options =>
    [
        _intake.Option, _queries.Option, _listen.Option, _tlsFolder.Option, _objects.Option, _kubernetes.Option,
        _flows.Option, _maxEdges.Option, _logLevel.Option, _trial.Option,
    ];

    protected override RelayOptions Read(ParseResult given, Func<string, string?> environment, ref string? fault)
    {
        var options = new RelayOptions
        {
            Intake = _intake.Read(given, environment, ref fault),
            Queries = _queries.Read(given, environment, ref fault),
            Listen = _listen.Read(given, environment, ref fault),
            TlsFolder = _tlsFolder.Read(given, environment, ref fault),
            Objects = _objects.Read(given, environment, ref fault),
            Kubernetes = _kubernetes.Read(given, environment, ref fault),
            Flows = _flows.Read(given, environment, ref fault),
            MaxEdges = _maxEdges.Read(given, environment, ref fault),
            LogLevel = _logLevel.Read(given, environment, ref fault),
            Trial = _trial.Read(given, environment, ref fault),
        };
        if (options is { Objects: not null, Kubernetes: not null })
            fault ??= "--objects and --kubernetes cannot be used together";
        if (options is { Trial: not null, Kubernetes: null })
            fault ??= "--trial requires --kubernetes, whose service account deletes the namespace";
        return options;
    }
}
