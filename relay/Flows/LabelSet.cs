namespace Depmap.Relay.Flows;

/// <summary>The labels of an object. Immutable; compared by content, so that equal sets can be shared.</summary>
internal sealed class LabelSet : IEquatable<LabelSet>
{
    public static readonly LabelSet Empty = new([]);

    // By key, so that equal sets are equal lists.
    private readonly KeyValuePair<string, string>[] _labels;
    private readonly int _hash;

    public LabelSet(IEnumerable<KeyValuePair<string, string>> labels)
    {
        _labels = [.. labels.OrderBy(label => label.Key, StringComparer.Ordinal)];
        var hash = new HashCode();
        foreach ((string key, string value) in _labels)
        {
            hash.Add(key);
            hash.Add(value);
        }

        _hash = hash.ToHashCode();
    }

    /// <summary>The labels, sorted by key.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> All => _labels;

    /// <summary>The value; null if there is no such label. Does not allocate.</summary>
    public string? Find(string key)
    {
        foreach ((string each, string value) in _labels)
        {
            if (each == key)
                return value;
        }

        return null;
    }

    public bool Equals(LabelSet? other) =>
        ReferenceEquals(this, other) || (other is not null && _hash == other._hash && _labels.AsSpan().SequenceEqual(other._labels));

    public override bool Equals(object? obj) => Equals(obj as LabelSet);

    public override int GetHashCode() => _hash;

    /// <summary><c>app=web,tier=front</c></summary>
    public override string ToString() => string.Join(',', _labels.Select(label => $"{label.Key}={label.Value}"));
}
