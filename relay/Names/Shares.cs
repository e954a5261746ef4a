namespace Depmap.Relay.Names;

/// <summary>
/// Who has how many entries of a bounded table, so that one who fills it evicts its own. Each operation takes constant time.
/// </summary>
internal sealed class Shares<T>
    where T : Shares<T>.Item
{
    // By the number of entries.
    private readonly List<ChangeOrder<T>> _byCount = [new()];
    private int _largest;

    /// <summary>The sum of all shares.</summary>
    public int Count { get; private set; }

    /// <summary>The item with most entries; of several, the one that has had as many for the longest time. Null if none has any.</summary>
    public T? Largest => _largest == 0 ? null : _byCount[_largest].First;

    public void Increment(T item)
    {
        Count++;
        if (++item.Share == _byCount.Count)
            _byCount.Add(new ChangeOrder<T>());
        _byCount[item.Share].MoveToEnd(item);
        _largest = Math.Max(_largest, item.Share);
    }

    public void Decrement(T item)
    {
        Count--;
        if (--item.Share == 0)
            item.Order!.Remove(item);
        else
            _byCount[item.Share].MoveToEnd(item);
        if (_byCount[_largest].Count == 0)
            _largest--;
    }

    /// <summary>The base class of items.</summary>
    internal abstract class Item : ChangeOrder<T>.Item
    {
        /// <summary>The number of entries.</summary>
        public int Share { get; internal set; }
    }
}
