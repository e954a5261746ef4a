using Depmap.Relay.Flows;

namespace Depmap.Relay.Objects;

internal readonly record struct SliceEndpoint(Address Address, bool Ready);
