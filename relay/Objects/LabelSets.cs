using Depmap.Relay.Flows;

namespace Depmap.Relay.Objects;

/// <summary>
/// Gives equal labels one instance: most pods have the labels of other pods of their workload. Any number of callers.
/// </summary>
internal sealed class LabelSets
{
    // A set that is no longer known here is only not shared any more.
    private const int MaxSets = 20_000, MaxWords = 100_000;

    private readonly Lock _lock = new();
    private readonly HashSet<LabelSet> _sets = [];
    private readonly HashSet<string> _words = new(StringComparer.Ordinal);

    /// <param name="labels">An object's <c>metadata.labels</c>; null if it has none.</param>
    public LabelSet Share(LocatedElement? labels)
    {
        if (labels is null)
            return LabelSet.Empty;
        lock (_lock)
        {
            var set = new LabelSet(labels.Value.GetStrings("a label's value to be a string")
                .Select(label => KeyValuePair.Create(Share(label.Key), Share(label.Value))));
            if (_sets.TryGetValue(set, out LabelSet? known))
                return known;
            if (_sets.Count >= MaxSets)
                _sets.Clear();
            _sets.Add(set);
            return set;
        }
    }

    private string Share(string word)
    {
        if (_words.TryGetValue(word, out string? known))
            return known;
        if (_words.Count >= MaxWords)
            _words.Clear();
        _words.Add(word);
        return word;
    }
}
