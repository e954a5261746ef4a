namespace Depmap.Agent.Kernel;

/// <summary>The programs' set of interfaces that lead to pods, whose drops are reported.</summary>
/// <param name="map">Descriptor of the pod_devices map; owned by the caller.</param>
internal sealed unsafe class PodDevices(int map)
{
    private HashSet<int> _present = [];

    /// <summary>Replaces the set. Beyond its 4,096 entries, drops are matched to pods by address only.</summary>
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
