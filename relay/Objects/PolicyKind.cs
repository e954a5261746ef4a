namespace Depmap.Relay.Objects;

internal enum PolicyKind
{
    NetworkPolicy,
    AdminNetworkPolicy,
    BaselineAdminNetworkPolicy,
}
