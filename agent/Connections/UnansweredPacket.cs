namespace Depmap.Agent.Connections;

/// <summary>The first packet of a flow to a pod, which may have been meant for a former pod with its address.</summary>
/// <param name="Time">CLOCK_MONOTONIC, in ns.</param>
/// <param name="InitialSequence">For a SYN-ACK: the sequence number of the SYN that it acknowledges.</param>
internal readonly record struct UnansweredPacket(long Time, uint InitialSequence = 0);
