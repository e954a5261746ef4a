using System.Text.Json.Nodes;
using Depmap.Plugin.Output;
using Depmap.V1;

namespace Depmap.Plugin.Policies;

/// <summary>Makes a NetworkPolicy for each workload that allows what was seen, and nothing else.</summary>
internal sealed class PolicyGenerator(TrafficResponse seen)
{
    /// <summary>Beyond this, addresses outside are not listed for one port: any address is allowed.</summary>
    public const int MaxAddresses = 20;

    private const string NamespaceLabel = "kubernetes.io/metadata.name";

    // https://kubernetes.io/docs/tasks/administer-cluster/dns-custom-nameservers/: the label is the same for all DNS servers.
    private const string DnsNamespace = "kube-system", DnsLabel = "k8s-app", DnsName = "kube-dns";
    private const uint DnsPort = 53;

    private readonly WorkloadSelector _selectors = new(seen.Workloads);

    /// <summary>The policies of the workloads of these namespaces (all if there are none) that something was seen of.</summary>
    public IEnumerable<PolicyDocument> Create(IReadOnlyCollection<string> namespaces)
    {
        var workloads = seen.Traffic.SelectMany(traffic => (TrafficEnd[])[traffic.Client, traffic.Server])
            .Where(end => end.Workload.Length > 0 && (namespaces.Count == 0 || namespaces.Contains(end.Namespace)))
            .Select(end => (end.Namespace, end.Workload)).Distinct().Order();
        HashSet<(string, string)> names = [];
        foreach ((string ns, string workload) in workloads)
        {
            string[] parts = workload.Split('/');
            string name = $"depmap-{parts[^1]}";
            yield return Create(ns, workload, names.Add((ns, name)) ? name : $"{name}-{parts[0].ToLowerInvariant()}");
        }
    }

    private PolicyDocument Create(string ns, string workload, string name)
    {
        var comments = new List<string>();
        if (_selectors.Find(ns, workload) is not { } selector)
            return new PolicyDocument([$"{ns}/{workload} has no policy: its pods have no labels to select them by."], null);
        comments.AddRange(_selectors.AlsoSelected(ns, workload).Select(other => $"The selector also selects {other}."));
        JsonArray ingress = CreateRules(
            seen.Traffic.Where(each => (each.Server.Namespace, each.Server.Workload) == (ns, workload)), ns, isIngress: true, comments);
        JsonArray egress = CreateRules(
            seen.Traffic.Where(each => (each.Client.Namespace, each.Client.Workload) == (ns, workload) && !IsDns(each)),
            ns,
            isIngress: false,
            comments);
        egress.Insert(0, CreateDnsRule());
        var spec = new JsonObject { ["podSelector"] = selector, ["policyTypes"] = new JsonArray("Ingress", "Egress") };
        if (ingress.Count > 0)
            spec["ingress"] = ingress;
        spec["egress"] = egress;
        return new PolicyDocument(
            [$"{ns}/{workload}", .. comments],
            new JsonObject
            {
                ["apiVersion"] = "networking.k8s.io/v1",
                ["kind"] = "NetworkPolicy",
                ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = ns },
                ["spec"] = spec,
            });
    }

    // One rule for the peers that use the same ports.
    private JsonArray CreateRules(IEnumerable<Traffic> traffic, string ns, bool isIngress, List<string> comments)
    {
        var byPorts = new SortedDictionary<string, (JsonArray Ports, JsonArray Peers)>(StringComparer.Ordinal);
        foreach (IGrouping<string, (Traffic Traffic, JsonObject Peer)> peer in
            CreatePeers([.. traffic], ns, isIngress, comments).GroupBy(each => each.Peer.ToJsonString()))
        {
            (Protocol Protocol, uint Port)[] ports =
                [.. peer.Select(each => (each.Traffic.Protocol, each.Traffic.Port)).Distinct().OrderBy(port => port.Port)];
            string key = string.Join(',', ports.Select(port => $"{port.Port:d5}{port.Protocol:d}"));
            if (!byPorts.TryGetValue(key, out (JsonArray Ports, JsonArray Peers) rule))
                byPorts.Add(key, rule = (CreatePorts(ports), []));
            rule.Peers.Add((JsonNode)peer.First().Peer);
        }

        return
        [
            .. byPorts.Values.Select(JsonNode (rule) =>
                new JsonObject { [isIngress ? "from" : "to"] = rule.Peers, ["ports"] = rule.Ports }),
        ];
    }

    private List<(Traffic Traffic, JsonObject Peer)> CreatePeers(
        IReadOnlyList<Traffic> traffic, string ns, bool isIngress, List<string> comments)
    {
        List<(Traffic, JsonObject)> peers = [];
        foreach (Traffic each in traffic.Where(each => Peer(each, isIngress).Workload.Length > 0))
            peers.Add((each, CreatePeer(Peer(each, isIngress), ns, comments)));
        foreach (var port in traffic.Where(each => Peer(each, isIngress).Workload.Length == 0)
            .GroupBy(each => (each.Port, each.Protocol)))
        {
            // 0.0.0.0/0 does not include IPv6 addresses.
            foreach (IGrouping<bool, Traffic> family in port.GroupBy(each => Peer(each, isIngress).Ip.Contains(':')))
            {
                Traffic[] all = [.. family];
                if (all.Length > MaxAddresses)
                {
                    comments.Add(
                        $"{Words.Of(all[0].Protocol)} {all[0].Port}: {all.Length} addresses outside were seen, so any is allowed.");
                    peers.Add((all[0], Block(family.Key ? "::/0" : "0.0.0.0/0")));
                    continue;
                }

                foreach (Traffic each in all)
                {
                    TrafficEnd end = Peer(each, isIngress);
                    string cidr = $"{end.Ip}/{(family.Key ? 128 : 32)}";
                    string comment = $"{cidr} is {Describe(end)}.";
                    if (!comments.Contains(comment))
                        comments.Add(comment);
                    peers.Add((each, Block(cidr)));
                }
            }
        }

        return peers;
    }

    private JsonObject CreatePeer(TrafficEnd end, string ns, List<string> comments)
    {
        var peer = new JsonObject();
        if (end.Namespace != ns)
            peer["namespaceSelector"] = new JsonObject { ["matchLabels"] = new JsonObject { [NamespaceLabel] = end.Namespace } };
        if (_selectors.Find(end.Namespace, end.Workload) is { } selector)
        {
            peer["podSelector"] = selector;
            return peer;
        }

        comments.Add($"{end.Namespace}/{end.Workload} has no labels to select it by: all pods of {end.Namespace} are allowed.");
        peer["podSelector"] = new JsonObject();
        return peer;
    }

    private static string Describe(TrafficEnd end) =>
        end.Node.Length > 0 && end.Name.Length > 0 ? $"node {end.Node}, called as {end.Name}"
        : end.Node.Length > 0 ? $"node {end.Node}"
        : end.Name.Length > 0 ? end.Name
        : "an address without a known name";

    private static JsonArray CreatePorts(IEnumerable<(Protocol Protocol, uint Port)> ports) =>
        [.. ports.Select(JsonNode (port) => new JsonObject { ["port"] = port.Port, ["protocol"] = Words.Of(port.Protocol) })];

    private static JsonObject Block(string cidr) => new() { ["ipBlock"] = new JsonObject { ["cidr"] = cidr } };

    private static JsonObject CreateDnsRule() => new()
    {
        ["to"] = new JsonArray(new JsonObject
        {
            ["namespaceSelector"] = new JsonObject { ["matchLabels"] = new JsonObject { [NamespaceLabel] = DnsNamespace } },
            ["podSelector"] = new JsonObject { ["matchLabels"] = new JsonObject { [DnsLabel] = DnsName } },
        }),
        ["ports"] = CreatePorts([(Protocol.Udp, DnsPort), (Protocol.Tcp, DnsPort)]),
    };

    private bool IsDns(Traffic traffic) =>
        traffic.Port == DnsPort && traffic.Server.Namespace == DnsNamespace
        && seen.Workloads.Any(workload => (workload.Namespace, workload.Name) == (DnsNamespace, traffic.Server.Workload)
            && workload.Labels.TryGetValue(DnsLabel, out string? name) && name == DnsName);

    private static TrafficEnd Peer(Traffic traffic, bool isIngress) => isIngress ? traffic.Client : traffic.Server;
}
