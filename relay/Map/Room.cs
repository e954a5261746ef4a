namespace Depmap.Relay.Map;

/// <summary>How many items the tables of all edges may hold together.</summary>
internal sealed class Room(int max)
{
    private int _taken;

    public bool TryTake()
    {
        bool hasRoom = _taken < max;
        _taken += hasRoom ? 1 : 0;
        return hasRoom;
    }

    public void Return(int count) => _taken -= count;
}
