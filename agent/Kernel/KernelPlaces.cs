namespace Depmap.Agent.Kernel;

/// <summary>
/// Maps addresses in the kernel's code where packets are dropped to reasons. For kernels before 5.17, which report the
/// address of a drop but not its reason.
/// </summary>
/// <param name="functionAt">Returns the function at an address; the second argument is the descriptor of the drop_places map.</param>
internal sealed class KernelPlaces(Func<ulong, int, string> functionAt)
{
    private readonly Dictionary<ulong, uint> _known = [];

    /// <summary>The number of the reason for a place. A new place is resolved once, which takes about 100 µs.</summary>
    /// <param name="place">A return address in the kernel's code.</param>
    /// <param name="places">Descriptor of the drop_places map, which also receives the reason.</param>
    /// <returns>The number for ordinary frees if the place is unknown.</returns>
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
