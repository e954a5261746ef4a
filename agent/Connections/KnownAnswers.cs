using Depmap.Agent.Records;

namespace Depmap.Agent.Connections;

/// <summary>
/// The last DNS answers to each pod, for a relay that has restarted and knows no names. Bounded, with a share for each pod, so
/// that one that looks up very many names keeps the others' in place. 4096 answers take up to 3 MB, usually less than 1.
/// </summary>
/// <param name="capacity">Maximum number of pairs of pod and name.</param>
/// <param name="maxPerPod">Maximum number of names of one pod.</param>
internal sealed class KnownAnswers(int capacity = 4096, int maxPerPod = 256)
{
    private const int MaxAddresses = 32;

    // Of one pod by name, the answer that was added first in front.
    private readonly Dictionary<Address, OrderedDictionary<string, Known>> _pods = [];
    private int _count;

    /// <summary>All answers in the order in which each pod received them: an answer that was repeated twice, with both times.</summary>
    public IEnumerable<Answer> All()
    {
        foreach ((Address pod, OrderedDictionary<string, Known> names) in _pods)
        {
            foreach ((string name, (Address[] addresses, long first, long last)) in names)
            {
                yield return new Answer(pod, name, addresses, first);
                if (first != last)
                    yield return new Answer(pod, name, addresses, last);
            }
        }
    }

    public void Add(in Answer answer)
    {
        if (!_pods.TryGetValue(answer.Pod, out OrderedDictionary<string, Known>? names))
            _pods.Add(answer.Pod, names = []);
        if (names.Remove(answer.Name, out Known known))
        {
            _count--;
            // Answers to the same question may have different addresses in turn.
            Address[] all = [.. answer.Addresses.Union(known.Addresses).Take(MaxAddresses)];
            names.Add(answer.Name, new Known(all, known.First, answer.Time));
        }
        else
        {
            names.Add(answer.Name, new Known(answer.Addresses, answer.Time, answer.Time));
        }

        _count++;
        if (names.Count > maxPerPod)
            RemoveOldest(answer.Pod, names);
        else if (_count > capacity)
            RemoveOldestOfLargest();
    }

    private void RemoveOldestOfLargest()
    {
        (Address pod, OrderedDictionary<string, Known> names) = _pods.MaxBy(entry => entry.Value.Count);
        RemoveOldest(pod, names);
    }

    private void RemoveOldest(Address pod, OrderedDictionary<string, Known> names)
    {
        names.RemoveAt(0);
        _count--;
        if (names.Count == 0)
            _pods.Remove(pod);
    }

    private readonly record struct Known(Address[] Addresses, long First, long Last);
}
