namespace Depmap.Agent.Kernel;

/// <summary>
/// What places in the kernel's code stand for, where packets are thrown away: for kernels before 5.17, which give a drop no
/// reason, but say where it was.
/// </summary>
/// <param name="functionAt">The function that a place lies in, which is one of drop_places, the map of this descriptor.</param>
internal sealed class KernelPlaces(Func<ulong, int, string> functionAt)
{
    private readonly Dictionary<ulong, uint> _known = [];

    /// <summary>The number of the reason that a place stands for. A new one is named once, which takes some 100 µs.</summary>
    /// <param name="place">An address that a call of the kernel's returns to.</param>
    /// <param name="places">Descriptor of drop_places: from now on the programs know the place.</param>
    /// <returns>The number of an ordinary free for what cannot be named.</returns>
    public unsafe uint ReasonOf(ulong place, int places)
    {
        if (_known.TryGetValue(place, out uint reason))
            return reason;
        uint none = 0;
        _ = LibBpf.Update(places, &place, &none, 0);
        reason = DropPlaces.ReasonOf(functionAt(place, places));
        _ = LibBpf.Update(places, &place, &reason, 0);
        _known.Add(place, reason);
        return reason;
    }
}
