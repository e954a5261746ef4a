using System.Runtime.InteropServices;
using Depmap.Relay.Flows;

namespace Depmap.Relay.Map;

/// <summary>The distinct addresses that a group of an edge stands for, with their numbers of flows. Bounded.</summary>
internal sealed class GroupAddresses(Room room)
{
    /// <summary>Beyond it, the number of addresses is only known to be larger.</summary>
    public const int Max = 1_000;

    private readonly Dictionary<Address, int> _flows = [];

    public int Count => _flows.Count;

    /// <summary>There are, or were, more addresses than <see cref="Count"/>.</summary>
    public bool HasMore { get; private set; }

    /// <summary>The address, if there was never another one.</summary>
    public Address? Only => Count == 1 && !HasMore ? _flows.Keys.First() : null;

    /// <returns>False if there is no room; then the address must not be removed.</returns>
    public bool Add(Address address)
    {
        if (!_flows.ContainsKey(address))
        {
            if (Count >= Max || !room.TryTake())
            {
                HasMore = true;
                return false;
            }
        }

        CollectionsMarshal.GetValueRefOrAddDefault(_flows, address, out _)++;
        return true;
    }

    public void Remove(Address address)
    {
        if (--CollectionsMarshal.GetValueRefOrNullRef(_flows, address) > 0)
            return;
        _flows.Remove(address);
        room.Return(1);
    }

    public void Clear()
    {
        room.Return(Count);
        _flows.Clear();
    }
}
