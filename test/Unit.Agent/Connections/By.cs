using Depmap.V1;

namespace Depmap.Agent.Tests.Connections;

/// <summary>Who sent a packet.</summary>
public enum By
{
    Client,
    Server,
}
