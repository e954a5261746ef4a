namespace Depmap.Plugin.Cluster;

/// <summary>The relay cannot be reached. The message is for the user, without <c>error:</c>.</summary>
internal sealed class RelayException(string message, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>A manifest that the message refers to; null if there is none.</summary>
    public string? Manifest { get; init; }

    /// <summary>Whether a retry is useless.</summary>
    public bool IsFinal { get; init; }
}
