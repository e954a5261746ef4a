using Depmap.V1;

namespace Depmap.Plugin.Output;

/// <summary>The JSON fields of what the policies of one end say.</summary>
/// <param name="Direction"><c>ingress</c> or <c>egress</c>.</param>
/// <param name="Policies"><c>NAMESPACE/NAME</c>, or <c>KIND/NAME</c> for the kinds without a namespace.</param>
internal sealed record PolicyDirectionFields(string Direction, bool Allowed, string[] Policies, string Reason, string? Nearest)
{
    public static PolicyDirectionFields Of(PolicyDirection direction) => new(
        PolicyText.Of(direction),
        direction.Allowed,
        [.. direction.Policies.Select(PolicyText.Name)],
        direction.Reason,
        direction.Nearest.Length > 0 ? direction.Nearest : null);
}
