using Depmap.V1;

namespace Depmap.Relay.Objects;

internal readonly record struct HostPort(Protocol Protocol, ushort Port);
