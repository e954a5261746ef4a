namespace Depmap.Relay.History;

/// <summary>Numbers the details of drop reasons. Bounded, because they come from agents.</summary>
internal sealed class DetailTable
{
    /// <summary>Further details are recorded as <see cref="Other"/>.</summary>
    private const int MaxDetails = 1_000;

    private const string Other = "OTHER";

    private readonly Dictionary<string, long> _numbers = [];
    private readonly List<string> _names = [];
    private int _saved;

    /// <summary>Starts with what was saved, in the order of the numbers.</summary>
    public DetailTable(IEnumerable<string> saved)
    {
        foreach (string name in saved)
            Add(name);
        _saved = _names.Count;
    }

    /// <summary>Numbers and names that are not saved yet.</summary>
    public IEnumerable<(long Number, string Name)> Unsaved => _names.Skip(_saved).Select((name, i) => ((long)(_saved + i), name));

    public void SetSaved() => _saved = _names.Count;

    public long NumberOf(string name)
    {
        if (!_numbers.ContainsKey(name) && _names.Count >= MaxDetails)
            name = Other;
        return _numbers.TryGetValue(name, out long number) ? number : Add(name);
    }

    /// <exception cref="InvalidDataException">There is no such number.</exception>
    public string NameOf(long number) =>
        number >= 0 && number < _names.Count ? _names[(int)number] : throw new InvalidDataException("unknown detail");

    private long Add(string name)
    {
        _numbers[name] = _names.Count;
        _names.Add(name);
        return _names.Count - 1;
    }
}
