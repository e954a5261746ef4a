namespace Depmap.Relay.Flows;

/// <summary>Selects objects by their labels (meta/v1 LabelSelector). Without requirements, all.</summary>
internal sealed class LabelSelector(IReadOnlyList<LabelRequirement> requirements)
{
    public static readonly LabelSelector All = new([]);

    public bool SelectsAll => requirements.Count == 0;

    public bool Matches(LabelSet labels) => CountMissing(labels) == 0;

    /// <summary>The number of requirements that the labels do not meet.</summary>
    public int CountMissing(LabelSet labels) => requirements.Count(requirement => !requirement.Matches(labels));

    /// <summary><c>app=web,tier in (a,b)</c>, as kubectl prints it.</summary>
    public override string ToString() => string.Join(',', requirements);
}
