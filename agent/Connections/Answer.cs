using Depmap.Agent.Records;

namespace Depmap.Agent.Connections;

/// <summary>The addresses that a pod received for a name.</summary>
/// <param name="Time">CLOCK_MONOTONIC, in ns.</param>
internal readonly record struct Answer(Address Pod, string Name, Address[] Addresses, long Time);
