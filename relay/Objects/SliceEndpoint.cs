using Depmap.Relay.Flows;

namespace Depmap.Relay.Objects;

/// <param name="Address">The address of a pod, usually.</param>
/// <param name="Ready">Whether kube-proxy may send new connections there.</param>
/// <param name="Node">The node that has it; null if it is not known.</param>
internal readonly record struct SliceEndpoint(Address Address, bool Ready, string? Node = null);
