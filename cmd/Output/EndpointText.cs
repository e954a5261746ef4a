using Depmap.V1;

namespace Depmap.Plugin.Output;

/// <summary>An end of a flow or an edge as people read it, without spaces inside a name.</summary>
internal static class EndpointText
{
    /// <summary><c>shop/web-5d8f-x2x:43210</c>, <c>node/node-a:43210</c>, or an address.</summary>
    public static string Client(Endpoint? end) => end is null ? "?" : WithPort(Name(end, end.Pod), end.Port);

    /// <summary><c>shop/cart:80 (cart-7c9-q1z 10.244.1.3:8080)</c>: what was asked for, then who answered or would have.</summary>
    public static string Server(Endpoint? end)
    {
        if (end is null)
            return "?";
        if (end.Service.Length == 0)
            return end.Name.Length > 0 && end.Ip.Length > 0 ? $"{Client(end)} ({end.Ip})" : Client(end);

        string address = end.PodIp.Length > 0 ? WithPort(end.PodIp, end.PodPort) : end.Ip;
        string answered = string.Join(' ', ((string[])[end.Pod, address]).Where(part => part.Length > 0));
        string asked = WithPort($"{end.Namespace}/{end.Service}", end.Port);
        return answered.Length > 0 ? $"{asked} ({answered})" : asked;
    }

    /// <summary>An edge's end: <c>shop/cart</c> for a service or a workload (its kind is left out), else as a flow's.</summary>
    public static string Edge(Endpoint? end)
    {
        if (end is null)
            return "?";
        string workload = end.Workload[(end.Workload.IndexOf('/') + 1)..];
        return Name(end, end.Service.Length > 0 ? end.Service : workload.Length > 0 ? workload : end.Pod);
    }

    private static string Name(Endpoint end, string name)
    {
        if (name.Length > 0)
            return end.Namespace.Length > 0 ? $"{end.Namespace}/{name}" : name;
        if (end.Node.Length > 0)
            return $"node/{end.Node}";
        if (end.Name.Length > 0)
            return end.Name;
        return end.Ip.Length > 0 ? end.Ip : "?";
    }

    // RFC 3986 3.2.2: an IPv6 address before a port stands in brackets.
    private static string WithPort(string host, uint port) =>
        port == 0 ? host : host.Contains(':') ? $"[{host}]:{port}" : $"{host}:{port}";
}
