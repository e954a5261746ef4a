using Depmap.Relay.Flows;
using Depmap.Relay.Names;
using Depmap.Relay.Objects;
using Depmap.Relay.Policies;
using Depmap.V1;

namespace Depmap.Relay.Queries;

/// <summary>Converts what was seen between workloads to messages for readers, and checks policies against it.</summary>
internal static class TrafficMessage
{
    public static TrafficResponse Create(TrafficTable table, ClusterNames names, TrafficRequest request)
    {
        (List<TrafficEntry> entries, ulong forgotten, ulong guessed) = table.Read();
        List<TrafficEntry> concerned = [.. entries.Where(entry => IsWanted(entry, request.Namespaces, request.SinceUnixNs))];
        HashSet<string> namespaces =
        [
            .. concerned.SelectMany(entry => (PolicyEnd[])[entry.Last.Client, entry.Last.Server])
                .Where(end => end.IsPod).Select(end => end.Owner!.Namespace!),
        ];
        return new TrafficResponse
        {
            SinceUnixNs = Math.Max(table.From, request.SinceUnixNs),
            Traffic = { concerned.Select(Create).OrderBy(SortKey, StringComparer.Ordinal) },
            Workloads = { Workloads(names.Objects, namespaces, concerned) },
            Forgotten = forgotten,
            Guessed = guessed,
        };
    }

    /// <exception cref="ObjectsException">The policies of the request are not valid.</exception>
    public static CheckResponse Check(TrafficTable table, ClusterNames names, CheckRequest request)
    {
        (PolicyTable policies, int count) = (names.Policies, names.Objects.Policies.Count);
        if (!request.Policies.IsEmpty)
        {
            List<PolicyObject> given = ObjectsReader.Read(request.Policies.Memory).Policies;
            (policies, count) = (new PolicyTable(given, names.Namespaces), given.Count);
        }

        var response = new CheckResponse { Policies = (uint)count, SinceUnixNs = Math.Max(table.From, request.SinceUnixNs) };
        foreach (TrafficEntry entry in table.Read().Entries.Where(entry => IsWanted(entry, request.Namespaces, request.SinceUnixNs)))
        {
            response.Checked++;
            if (!policies.Evaluate(entry.Last).Allowed)
            {
                response.Forbidden.Add(
                    new ForbiddenTraffic { Traffic = Create(entry), Verdict = VerdictMessage.Create(policies, entry.Last) });
            }
        }

        List<ForbiddenTraffic> sorted = [.. response.Forbidden.OrderBy(each => SortKey(each.Traffic), StringComparer.Ordinal)];
        response.Forbidden.Clear();
        response.Forbidden.Add(sorted);
        return response;
    }

    private static bool IsWanted(TrafficEntry entry, IReadOnlyCollection<string> namespaces, long since) =>
        entry.LastSeen >= since && entry.Concerns(namespaces);

    private static Traffic Create(TrafficEntry entry) => new()
    {
        Client = Create(entry.Last.Client, null),
        Server = Create(entry.Last.Server, entry.Name),
        Protocol = entry.Last.Protocol,
        Port = entry.Last.Port,
        Flows = entry.Flows,
        FirstSeenUnixNs = entry.FirstSeen,
        LastSeenUnixNs = entry.LastSeen,
    };

    private static TrafficEnd Create(PolicyEnd end, string? name)
    {
        var message = new TrafficEnd { Name = name ?? "" };
        if (end.IsPod)
            (message.Namespace, message.Workload) = (end.Owner!.Namespace!, end.Owner.Workload!);
        else
            (message.Node, message.Ip) = (end.Owner?.Node ?? "", end.Address.ToString());
        return message;
    }

    private static string SortKey(Traffic traffic) =>
        $"{SortKey(traffic.Client)} {SortKey(traffic.Server)} {traffic.Port:d5} {traffic.Protocol:d}";

    private static string SortKey(TrafficEnd end) => $"{end.Namespace}/{end.Workload}/{end.Node}/{end.Ip}";

    private static IEnumerable<TrafficWorkload> Workloads(
        ClusterObjects objects, HashSet<string> namespaces, IEnumerable<TrafficEntry> entries)
    {
        Dictionary<(string, string), List<LabelSet>> labels = [];
        foreach (PodObject pod in FinishedPods.Exclude(objects.Pods))
        {
            if (namespaces.Contains(pod.Namespace) && !pod.HostNetwork)
                Add(pod.Namespace, WorkloadNames.GetWorkload(pod, objects), pod.Labels);
        }

        // Of a workload without a pod now, those that were seen.
        foreach (PolicyEnd end in entries.SelectMany(entry => (PolicyEnd[])[entry.Last.Client, entry.Last.Server]))
        {
            if (end.IsPod && !labels.ContainsKey((end.Owner!.Namespace!, end.Owner.Workload!)))
                Add(end.Owner.Namespace!, end.Owner.Workload!, end.Labels);
        }

        foreach (((string ns, string name), List<LabelSet> sets) in labels.OrderBy(each => each.Key))
        {
            var workload = new TrafficWorkload { Namespace = ns, Name = name };
            foreach ((string key, string value) in sets[0].All)
            {
                if (sets.TrueForAll(set => set.Find(key) == value))
                    workload.Labels.Add(key, value);
            }

            yield return workload;
        }

        void Add(string ns, string name, LabelSet set)
        {
            if (!labels.TryGetValue((ns, name), out List<LabelSet>? sets))
                labels.Add((ns, name), sets = []);
            if (sets.Count == 0 || !sets.Contains(set))
                sets.Add(set);
        }
    }
}
