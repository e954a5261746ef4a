namespace Depmap.Relay.Cluster;

/// <summary>The API server did not return what was requested. The message completes "the API server …" in a log line.</summary>
internal sealed class ApiFailure(string reason, Exception? cause = null) : Exception(reason, cause)
{
    /// <summary>HTTP 410: the requested version is too old, and a new list is needed.</summary>
    public bool Gone { get; init; }

    /// <summary>The server did not respond at all: this affects all kinds of objects.</summary>
    public bool Unreached { get; init; }

    /// <summary>How long the server asks clients to wait; zero if it does not say.</summary>
    public TimeSpan RetryAfter { get; init; }
}
