namespace Depmap.Agent.Links;

/// <summary>The qdisc at an interface's ingress handle (ffff:fff1), which holds at most one.</summary>
internal enum IngressQdisc
{
    /// <summary>None: a clsact qdisc can be added, and so can a CNI plugin's <c>ingress</c> qdisc.</summary>
    None,

    /// <summary>A clsact qdisc, with filters for both directions.</summary>
    Clsact,

    /// <summary>An <c>ingress</c> qdisc, with filters for what arrives at the interface, that is, for what the pod sends.</summary>
    Ingress,
}
