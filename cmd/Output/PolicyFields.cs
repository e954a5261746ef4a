using Depmap.V1;

namespace Depmap.Plugin.Output;

/// <summary>The JSON fields of what policies say about a connection. Empty lists are left out.</summary>
internal sealed record PolicyFields(bool Allowed, PolicyDirectionFields[]? Directions, string[]? Limits)
{
    public static PolicyFields? Of(PolicyVerdict? verdict) => verdict is null ? null : new PolicyFields(
        verdict.Allowed,
        verdict.Directions.Count > 0 ? [.. verdict.Directions.Select(PolicyDirectionFields.Of)] : null,
        verdict.Limits.Count > 0 ? [.. verdict.Limits] : null);
}
