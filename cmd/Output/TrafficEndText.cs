using Depmap.Plugin.Maps;
using Depmap.V1;

namespace Depmap.Plugin.Output;

/// <summary>The text of an end of traffic between workloads: <c>shop/web</c>, <c>node/n1</c>, a name outside or an address.</summary>
internal static class TrafficEndText
{
    /// <param name="withKind">Whether a workload has its kind: <c>shop/deployment/web</c>.</param>
    public static string Of(TrafficEnd end, bool withKind = false) =>
        withKind && end.Workload.Length > 0 ? EndIdentity.OfWorkload(end.Namespace, end.Workload).ToString()
        : end.Workload.Length > 0 ? $"{end.Namespace}/{end.Workload[(end.Workload.IndexOf('/') + 1)..]}"
        : end.Node.Length > 0 ? $"node/{end.Node}"
        : end.Name.Length > 0 ? end.Name
        : end.Ip;
}
