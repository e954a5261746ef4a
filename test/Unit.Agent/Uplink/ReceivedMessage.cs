using Depmap.V1;

namespace Depmap.Agent.Tests.Uplink;

/// <param name="Stream">1 for the first stream, and so on.</param>
internal readonly record struct ReceivedMessage(int Stream, AgentMessage Message);
