using System.CommandLine;
using Depmap.Plugin.Cluster.Kubeconfig;

namespace Depmap.Plugin.Commands;

/// <summary>kubectl's own flags for the cluster and who asks, known to all commands.</summary>
internal sealed class ConnectionOptions
{
    private readonly Option<string?> _kubeconfig = Text("--kubeconfig", "FILE", "The kubeconfig to use. (or set KUBECONFIG)");

    private readonly Option<string?> _context = Text("--context", "NAME", "The kubeconfig's context to use. (default its current-context)");

    private readonly Option<string?> _cluster = Text("--cluster", "NAME", "The kubeconfig's cluster to use, instead of the context's.");

    private readonly Option<string?> _user = Text("--user", "NAME", "The kubeconfig's user to ask as, instead of the context's.");

    private readonly Option<string?> _actAs = Text("--as", "USER", "Whom to impersonate.");

    private readonly Option<string?> _actAsUid = Text("--as-uid", "UID", "The UID to impersonate.");

    private readonly Option<string[]> _actAsGroups = new("--as-group")
    {
        HelpName = "GROUP",
        Description = "The group to impersonate; may be repeated.",
        Recursive = true,
        AllowMultipleArgumentsPerToken = false,
        DefaultValueFactory = _ => [],
    };

    private readonly Option<TimeSpan?> _timeout = TypedOption.One<TimeSpan?>(
        ["--request-timeout"], "DURATION", "How long to wait for one answer of the API server, such as 10s; 0 for ever. (default 30s)", ReadTimeout, absent: null);

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

    // kubectl takes a bare number for seconds.
    private static Reading<TimeSpan?> ReadTimeout(string text)
    {
        if (text.Length > 0 && text.All(char.IsAsciiDigit))
            text += "s";
        return Since.TryReadDuration(text, out TimeSpan duration)
            ? duration
            : Reading<TimeSpan?>.Wrong("use a duration such as 10s or 2m, or 0");
    }
}
