using Depmap.Plugin.Output;

namespace Depmap.Plugin.Diff;

/// <summary>An end of an edge by the most specific name that it has.</summary>
/// <param name="Kind">What the name is of; with it, a node and a workload of one name differ.</param>
internal readonly record struct EndId(string Kind, string Namespace, string Name)
{
    /// <summary><c>shop/cart</c>, <c>node/node-a</c>, a name outside or an address, as the map prints it.</summary>
    public string Text => Kind switch
    {
        "node" => $"node/{Name}",
        "namespace" => $"ns/{Namespace}",
        "zone" => $"zone/{Name}",
        _ => Namespace.Length > 0 ? $"{Namespace}/{Name}" : Name.Length > 0 ? Name : "?",
    };

    /// <summary>The same with the kind: <c>shop/deployment/cart</c>.</summary>
    public string TextWithKind => Kind != "namespace" && Namespace.Length > 0 ? $"{Namespace}/{Kind.ToLowerInvariant()}/{Name}" : Text;

    public static EndId Of(EndpointFields? end)
    {
        string ns = end?.Namespace ?? "";
        return end switch
        {
            { Service: { } service } => new EndId("service", ns, service),
            { Workload: { } workload } => new EndId(KindOf(workload), ns, workload[(workload.IndexOf('/') + 1)..]),
            { Pod: { } pod } => new EndId("pod", ns, pod),
            { Node: { } node } => new EndId("node", "", node),
            { Name: { } name } => new EndId("name", "", name),
            { Zone: { } zone } => new EndId("zone", "", zone),
            { Ip: { } ip } => new EndId("ip", "", ip),
            _ => new EndId("namespace", ns, ""),
        };
    }

    private static string KindOf(string workload) => workload.IndexOf('/') is > 0 and var slash ? workload[..slash] : "workload";
}
