using Depmap.Relay.Flows;

namespace Depmap.Relay.Objects;

internal sealed record NodeObject(string Name, IReadOnlyList<Address> Addresses);
