namespace Depmap.Plugin.Cluster.Kubeconfig;

/// <summary>The cluster options of the command line; null for those not given.</summary>
/// <param name="RequestTimeout">Zero for no timeout.</param>
internal sealed record ClusterChoice(
    string? Kubeconfig = null,
    string? Context = null,
    string? Cluster = null,
    string? User = null,
    string? As = null,
    string? AsUid = null,
    IReadOnlyList<string>? AsGroups = null,
    TimeSpan? RequestTimeout = null)
{
    private const int RequestsLevel = 6;

    public string? Token { get; init; }

    /// <summary>Paths of files, relative to the current folder.</summary>
    public string? CertificateAuthority { get; init; }

    public string? ClientCertificate { get; init; }

    public string? ClientKey { get; init; }

    public string? TlsServerName { get; init; }

    public bool SkipTlsVerify { get; init; }

    /// <summary>kubectl's level of detail of its log.</summary>
    public int Verbosity { get; init; }

    /// <summary>Whether an exec plugin may prompt the user, if there is a terminal.</summary>
    public bool MayPrompt { get; init; } = true;

    public bool LogsRequests => Verbosity >= RequestsLevel;
}
