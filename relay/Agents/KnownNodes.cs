using Depmap.Relay.Objects;

namespace Depmap.Relay.Agents;

/// <summary>The nodes in the Kubernetes API.</summary>
/// <param name="List">Returns the nodes as of now; none if names are not read from the API.</param>
internal sealed record KnownNodes(Func<IReadOnlyList<NodeObject>> List);
