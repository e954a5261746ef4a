namespace Depmap.Plugin.Cluster.Api;

/// <summary>The API server opens no port of a pod.</summary>
/// <param name="status">HTTP's: 403 where the user may not, 404 where the pod is gone.</param>
internal sealed class ForwardException(int status, string message) : Exception(message)
{
    public int Status => status;
}
