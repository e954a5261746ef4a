namespace Depmap.Plugin.Install;

/// <summary>The cluster does not let it happen; the message says why and what to do.</summary>
internal sealed class InstallException(string message) : Exception(message);
