using Depmap.V1;

namespace Depmap.Plugin.Output;

/// <summary>The JSON fields of what policies decide for some pairs of pods.</summary>
internal sealed record PolicyCheckFields(
    string? Protocol,
    uint Port,
    bool Allowed,
    PolicyDirectionFields[]? Directions,
    string[]? Limits,
    uint Pairs,
    uint AllPairs,
    string Client,
    string Server)
{
    public static PolicyCheckFields Of(PolicyCheck check)
    {
        PolicyFields verdict = PolicyFields.Of(check.Verdict)!;
        return new PolicyCheckFields(
            Words.Of(check.Protocol),
            check.Port,
            verdict.Allowed,
            verdict.Directions,
            verdict.Limits,
            check.Pairs,
            check.AllPairs,
            check.Client,
            check.Server);
    }
}
