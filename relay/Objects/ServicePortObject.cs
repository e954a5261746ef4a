using Depmap.V1;

namespace Depmap.Relay.Objects;

/// <param name="NodePort">The port that stands for it on every node; 0 where there is none.</param>
internal readonly record struct ServicePortObject(string Name, Protocol Protocol, ushort Port, ushort NodePort = 0);
