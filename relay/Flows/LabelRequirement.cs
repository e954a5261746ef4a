namespace Depmap.Relay.Flows;

/// <summary>One requirement of a selector.</summary>
/// <param name="Values">Empty for <see cref="LabelOperator.Exists"/> and its opposite.</param>
internal sealed record LabelRequirement(string Key, LabelOperator Operator, IReadOnlyList<string> Values)
{
    public bool Matches(LabelSet labels) => Operator switch
    {
        LabelOperator.In => labels.Find(Key) is { } value && Values.Contains(value),
        // Also without the label.
        LabelOperator.NotIn => labels.Find(Key) is not { } value || !Values.Contains(value),
        LabelOperator.Exists => labels.Find(Key) is not null,
        _ => labels.Find(Key) is null,
    };

    public override string ToString() => Operator switch
    {
        LabelOperator.In when Values.Count == 1 => $"{Key}={Values[0]}",
        LabelOperator.In => $"{Key} in ({string.Join(',', Values)})",
        LabelOperator.NotIn => $"{Key} notin ({string.Join(',', Values)})",
        LabelOperator.Exists => Key,
        _ => $"!{Key}",
    };
}
