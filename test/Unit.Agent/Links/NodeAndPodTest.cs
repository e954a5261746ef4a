namespace Depmap.Agent.Tests.Links;

/// <summary>A test with two network namespaces: a node and a pod.</summary>
public abstract class NodeAndPodTest : IDisposable
{
    private protected NetworkNamespace Node { get; } = new();

    private protected NetworkNamespace Pod { get; } = new();

    public virtual void Dispose()
    {
        Node.Dispose();
        Pod.Dispose();
        GC.SuppressFinalize(this);
    }
}
