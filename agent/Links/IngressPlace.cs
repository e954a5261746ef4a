namespace Depmap.Agent.Links;

/// <summary>What stands at an interface where its one qdisc for incoming packets has its place (ffff:fff1).</summary>
internal enum IngressPlace
{
    /// <summary>Nothing: a clsact qdisc can be added, and so can the <c>ingress</c> qdisc of a CNI plugin.</summary>
    Empty,

    /// <summary>A clsact qdisc: filters for both directions.</summary>
    Clsact,

    /// <summary>An <c>ingress</c> qdisc: filters for what arrives at the interface, that is, for what the pod sends.</summary>
    Ingress,
}
