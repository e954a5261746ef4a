namespace Depmap.Common;

/// <summary>
/// Items in the order of their last change. An item is in at most one order and can be removed from any position. Allocates
/// nothing: the items hold their places.
/// </summary>
internal sealed class ChangeOrder<T>
    where T : ChangeOrder<T>.Item
{
    private T? _last;

    /// <summary>The item that is unchanged for the longest time; null if there is none.</summary>
    public T? First { get; private set; }

    public int Count { get; private set; }

    /// <summary>Moves an item to the end, from this or another order, or from none.</summary>
    public void MoveToEnd(T item)
    {
        item.Order?.Remove(item);
        (item.Order, item.Previous, item.Next) = (this, _last, null);
        if (_last is null)
            First = item;
        else
            _last.Next = item;
        _last = item;
        Count++;
    }

    /// <summary>Removes an item, which must be in this order.</summary>
    public void Remove(T item)
    {
        if (item.Previous is { } previous)
            previous.Next = item.Next;
        else
            First = item.Next;
        if (item.Next is { } next)
            next.Previous = item.Previous;
        else
            _last = item.Previous;
        (item.Order, item.Previous, item.Next) = (null, null, null);
        Count--;
    }

    /// <summary>The base class of items: their place in the order.</summary>
    internal abstract class Item
    {
        /// <summary>Null if the item is in no order.</summary>
        public ChangeOrder<T>? Order { get; internal set; }

        /// <summary>The next item, which was changed later.</summary>
        public T? Next { get; internal set; }

        internal T? Previous { get; set; }
    }
}
