using System.CommandLine;
using Depmap.Plugin.Cluster.Kubeconfig;

namespace Depmap.Plugin.Commands;

/// <summary>kubectl's own flags for the cluster and who asks, known to all commands.</summary>
internal sealed class ConnectionOptions
{
    private readonly Option<string?> kubeconfig = Text("--kubeconfig", "FILE", "The kubeconfig to use. (or set KUBECONFIG)");

    private readonly Option<string?> context = Text("--context", "NAME", "The kubeconfig's context to use. (default its current-context)");

    private readonly Option<string?> cluster = Text("--cluster", "NAME", "The kubeconfig's cluster to use, instead of the context's.");

    private readonly Option<string?> user = Text("--user", "NAME", "The kubeconfig's user to ask as, instead of the context's.");

    private readonly Option<string?> actAs = Text("--as", "USER", "Whom to impersonate.");

    private readonly Option<string?> actAsUid = Text("--as-uid", "UID", "The UID to impersonate.");

    private readonly Option<string[]> actAsGroups = new("--as-group")
    {
        HelpName = "GROUP",
        Description = "The group to impersonate; may be repeated.",
        Recursive = true,
        AllowMultipleArgumentsPerToken = false,
        DefaultValueFactory = _ => [],
    };

    private readonly Option<TimeSpan?> timeout = TypedOption.One<TimeSpan?>(
        ["--request-timeout"], "DURATION", "How long to wait for one answer of the API server, such as 10s; 0 for ever. (default 30s)", ReadTimeout, absent: null);

    public ConnectionOptions() => timeout.Recursive = true;

    public void AddTo(Command root)
    {
        foreach (Option option in (Option[])[kubeconfig, context, cluster, user, actAs, actAsUid, actAsGroups, timeout])
            root.Add(option);
    }

    public ClusterChoice Read(ParseResult parse) => new(
        parse.GetValue(kubeconfig),
        parse.GetValue(context),
        parse.GetValue(cluster),
        parse.GetValue(user),
        parse.GetValue(actAs),
        parse.GetValue(actAsUid),
        parse.GetValue(actAsGroups),
        parse.GetValue(timeout));

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
