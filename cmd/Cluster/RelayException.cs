namespace Depmap.Plugin.Cluster;

/// <summary>The relay could not be asked. The message is the line for the user, without <c>error:</c>.</summary>
internal sealed class RelayException(string message, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>Lines to copy, which the message speaks of; null where it speaks of none.</summary>
    public string? Remedy { get; init; }

    /// <summary>To wait does not help.</summary>
    public bool IsFinal { get; init; }
}
