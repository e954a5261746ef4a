namespace Depmap.Plugin.Cluster.Api;

/// <summary>The API server refused to open a port of a pod.</summary>
/// <param name="status">The HTTP status: 403 if the user may not, 404 if the pod does not exist.</param>
internal sealed class ForwardException(int status, string message) : Exception(message)
{
    public int Status => status;
}
