namespace Depmap.Agent.Connections;

/// <summary>
/// Remembers UDP flows whose server has the port that looks like a client's. After a silence they are new to the agent, and
/// if the server speaks first, its ports look like those of a client's first packet. Fixed memory: an entry may be overwritten.
/// </summary>
internal sealed class MisleadingPorts
{
    private const int Capacity = 1024; // a power of two

    private readonly ConnectionKey[] _flows = new ConnectionKey[Capacity];

    public void Add(in ConnectionKey key) => _flows[IndexOf(in key)] = key;

    public bool Contains(in ConnectionKey key) => _flows[IndexOf(in key)] == key;

    private static int IndexOf(in ConnectionKey key) => key.GetHashCode() & (Capacity - 1);
}
