namespace Depmap.Plugin.Cluster.Api;

/// <summary>The API server did not respond; the message says why and what to do.</summary>
internal sealed class ApiException(string message, Exception? cause = null) : Exception(message, cause);
