namespace Depmap.Agent.Links;

/// <summary>The two lists of filters that a clsact qdisc has.</summary>
internal enum ClsactDirection : uint
{
    Ingress = 0xFFFFFFF2, // TC_H_CLSACT with TC_H_MIN_INGRESS
    Egress = 0xFFFFFFF3,  // TC_H_CLSACT with TC_H_MIN_EGRESS
}
