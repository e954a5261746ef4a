using System.CommandLine;
using Depmap.Common.Options;
using Depmap.Plugin.Cluster.Kubeconfig;

namespace Depmap.Plugin.Options;

/// <summary>kubectl's flags for the cluster and the user, accepted by all commands.</summary>
internal sealed class ConnectionOptions
{
    private readonly Option<string?> _kubeconfig = Text(
        "--kubeconfig", "FILE", "The kubeconfig file. (default $KUBECONFIG or ~/.kube/config)");

    private readonly Option<string?> _context = Text("--context", "NAME", "The kubeconfig context. (default the current context)");

    private readonly Option<string?> _cluster = Text("--cluster", "NAME", "The kubeconfig cluster. (default the context's cluster)");

    private readonly Option<string?> _user = Text("--user", "NAME", "The kubeconfig user. (default the context's user)");

    private readonly Option<string?> _actAs = Text("--as", "USER", "The user to impersonate.");

    private readonly Option<string?> _actAsUid = Text("--as-uid", "UID", "The UID to impersonate.");

    private readonly Option<string[]> _actAsGroups = new("--as-group")
    {
        HelpName = "GROUP",
        Description = "The group to impersonate. May be repeated.",
        Recursive = true,
        AllowMultipleArgumentsPerToken = false,
        DefaultValueFactory = _ => [],
    };

    private readonly Option<TimeSpan?> _timeout = ParsedOption.Optional(
        ["--request-timeout"],
        "DURATION",
        "Timeout of a request to the API server, such as 10s; 0 means no timeout. (default 30s)",
        ParseTimeout);

    private readonly Option<string?> _token = Text("--token", "TOKEN", "The bearer token for the API server.");

    private readonly Option<string?> _authority = Text(
        "--certificate-authority", "FILE", "The certificate authority of the API server.");

    private readonly Option<string?> _certificate = Text("--client-certificate", "FILE", "The client certificate for TLS.");

    private readonly Option<string?> _key = Text("--client-key", "FILE", "The key of the client certificate.");

    private readonly Option<string?> _serverName = Text(
        "--tls-server-name", "NAME", "The name to verify in the API server's certificate. (default the host of its address)");

    private readonly Option<bool> _skipVerify = new("--insecure-skip-tls-verify")
    {
        Description = "Do not verify the API server's certificate.",
        Recursive = true,
    };

    private readonly Option<int> _verbosity = ParsedOption.WithDefault(
        ["--v", "-v"],
        "LEVEL",
        "The detail of the log on stderr; from level 6 on, each request to the API server.",
        OptionParsers.Number(0, int.MaxValue),
        "0");

    public ConnectionOptions() => _timeout.Recursive = _verbosity.Recursive = true;

    public void AddTo(Command root)
    {
        Option[] all =
        [
            _kubeconfig, _context, _cluster, _user, _actAs, _actAsUid, _actAsGroups, _timeout,
            _token, _authority, _certificate, _key, _serverName, _skipVerify, _verbosity,
        ];
        foreach (Option option in all)
            root.Add(option);
    }

    public ClusterChoice Read(ParseResult parse)
    {
        return new ClusterChoice(
            Value(_kubeconfig), Value(_context), Value(_cluster), Value(_user), Value(_actAs), Value(_actAsUid),
            parse.GetValue(_actAsGroups), parse.GetValue(_timeout))
        {
            Token = Value(_token),
            CertificateAuthority = Value(_authority),
            ClientCertificate = Value(_certificate),
            ClientKey = Value(_key),
            TlsServerName = Value(_serverName),
            SkipTlsVerify = parse.GetValue(_skipVerify),
            Verbosity = parse.GetValue(_verbosity),
        };

        // As for kubectl, an empty value is none.
        string? Value(Option<string?> option) => parse.GetValue(option) is { Length: > 0 } text ? text : null;
    }

    /// <summary><c>--kubeconfig</c>, even if the rest of the command line is not complete yet.</summary>
    public string? ReadKubeconfig(ParseResult parse) =>
        parse.GetResult(_kubeconfig) is { Implicit: false, Tokens: [.., var file] } ? file.Value : null;

    private static Option<string?> Text(string name, string valueName, string description) =>
        new(name) { HelpName = valueName, Description = description, Recursive = true };

    // kubectl reads a number without a unit as seconds.
    private static Parsed<TimeSpan> ParseTimeout(string text)
    {
        if (text.Length > 0 && text.All(char.IsAsciiDigit))
            text += "s";
        return GoDuration.TryParse(text, out TimeSpan duration)
            ? duration
            : Parsed<TimeSpan>.Invalid("use a duration such as 10s or 2m, or 0");
    }
}
