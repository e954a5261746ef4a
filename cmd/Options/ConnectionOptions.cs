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

    public ConnectionOptions() => _timeout.Recursive = true;

    public void AddTo(Command root)
    {
        foreach (Option option in (Option[])[_kubeconfig, _context, _cluster, _user, _actAs, _actAsUid, _actAsGroups, _timeout])
            root.Add(option);
    }

    public ClusterChoice Read(ParseResult parse) => new(
        parse.GetValue(_kubeconfig),
        parse.GetValue(_context),
        parse.GetValue(_cluster),
        parse.GetValue(_user),
        parse.GetValue(_actAs),
        parse.GetValue(_actAsUid),
        parse.GetValue(_actAsGroups),
        parse.GetValue(_timeout));

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
