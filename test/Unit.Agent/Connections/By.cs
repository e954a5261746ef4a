namespace Depmap.Agent.Tests.Connections;

/// <summary>The sender of a packet.</summary>
public enum By
{
    Client,
    Server,
}
