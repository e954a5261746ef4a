namespace Depmap.Relay.Cluster;

/// <summary>The API server did not give what was asked. The message is for a log line, after "the API server".</summary>
internal sealed class ApiFailure(string reason, Exception? cause = null) : Exception(reason, cause)
{
    /// <summary>HTTP 410: what was asked of is too long ago, and only a new list helps.</summary>
    public bool Gone { get; init; }

    /// <summary>The server itself did not answer: this is so for all kinds of objects.</summary>
    public bool Unreached { get; init; }

    /// <summary>How long the server asks to be left alone; zero where it says nothing.</summary>
    public TimeSpan RetryAfter { get; init; }
}
