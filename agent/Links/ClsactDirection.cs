namespace Depmap.Agent.Links;

/// <summary>The two filter lists of a clsact qdisc.</summary>
internal enum ClsactDirection : uint
{
    Ingress = 0xFFFFFFF2, // TC_H_CLSACT with TC_H_MIN_INGRESS
    Egress = 0xFFFFFFF3,  // TC_H_CLSACT with TC_H_MIN_EGRESS
}
