using Depmap.Relay.Names;
using Depmap.Relay.Objects;

namespace Depmap.Relay.Cluster;

/// <summary>Pods that were asked for individually and that the watch does not have yet.</summary>
internal sealed class FoundPods
{
    /// <summary>
    /// How long a pod is used that the watch does not bring: its deletion may have been missed. From its first use on, as updates of
    /// the names are far apart in a large cluster or on a busy node. Nanoseconds.
    /// </summary>
    public const long Lifetime = 10 * UnixTime.Second;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Entry> _pods = [];

    /// <returns>Whether there are any.</returns>
    public bool Add(IReadOnlyList<PodObject> pods, long now)
    {
        lock (_lock)
        {
            foreach (PodObject pod in pods)
                _pods[pod.Id] = new Entry(new EndedObject<PodObject>(pod, now));
        }

        return pods.Count > 0;
    }

    /// <summary>Adds those that the watch does not have and never had.</summary>
    /// <param name="objects">The objects from the watch.</param>
    /// <param name="former">The names before.</param>
    /// <param name="now">Unix nanoseconds.</param>
    public void AddTo(ClusterObjects objects, AddressTimeline former, long now)
    {
        lock (_lock)
        {
            if (_pods.Count == 0)
                return;
            foreach (PodObject pod in objects.Pods.Concat(objects.EndedPods.Select(ended => ended.Object)))
                _pods.Remove(pod.Id);
            foreach ((string id, Entry entry) in _pods)
            {
                entry.UsedSince ??= now;
                EndedObject<PodObject> found = entry.Found;
                if (now - entry.UsedSince >= Lifetime)
                    _pods.Remove(id);
                else if (found.Object.Finished)
                    objects.EndedPods.Add(found);
                else if (!former.HasEnded(found.Object))
                    objects.Pods.Add(found.Object);
            }
        }
    }

    private sealed class Entry(EndedObject<PodObject> found)
    {
        public EndedObject<PodObject> Found { get; } = found;
        public long? UsedSince { get; set; }
    }
}
