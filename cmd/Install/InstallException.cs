namespace Depmap.Plugin.Install;

/// <summary>A change of the installation failed. The message is for the user, without <c>error:</c>.</summary>
internal sealed class InstallException(string message) : Exception(message)
{
    /// <summary>Lines below the message; null if there are none.</summary>
    public string? Details { get; init; }
}
