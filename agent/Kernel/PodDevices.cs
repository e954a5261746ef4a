namespace Depmap.Agent.Kernel;

/// <summary>The kernel's set of interfaces that lead to pods: packets thrown away on their way there are reported.</summary>
/// <param name="map">Descriptor of pod_devices; the caller's.</param>
internal sealed unsafe class PodDevices(int map)
{
    private HashSet<int> _present = [];

    /// <summary>Makes the set the kernel's. Beyond its 4,096 entries drops are told by address only.</summary>
    public void Set(HashSet<int> indexes)
    {
        byte known = 1;
        foreach (int index in _present.Except(indexes))
            _ = LibBpf.Delete(map, &index);
        foreach (int index in indexes.Except(_present))
            _ = LibBpf.Update(map, &index, &known, 0);
        _present = indexes;
    }
}
