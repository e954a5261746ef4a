using Depmap.V1;

namespace Depmap.Plugin.Output;

/// <summary>The text of an endpoint of a flow or an edge. Names contain no spaces.</summary>
internal static class EndpointText
{
    /// <summary><c>shop/web-5d8f-x2x:43210</c>, <c>node/node-a:43210</c>, or an address.</summary>
    public static string Client(Endpoint? endpoint) => endpoint is null ? "?" : WithPort(Name(endpoint, endpoint.Pod), endpoint.Port);

    /// <summary><c>shop/cart:80 (cart-7c9-q1z 10.244.1.3:8080)</c>: the service, then the pod that answered or should have.</summary>
    public static string Server(Endpoint? endpoint)
    {
        if (endpoint is null)
            return "?";
        if (endpoint.Service.Length == 0)
            return endpoint.Name.Length > 0 && endpoint.Ip.Length > 0 ? $"{Client(endpoint)} ({endpoint.Ip})" : Client(endpoint);

        string address = endpoint.PodIp.Length > 0 ? WithPort(endpoint.PodIp, endpoint.PodPort) : endpoint.Ip;
        string server = string.Join(' ', ((string[])[endpoint.Pod, address]).Where(part => part.Length > 0));
        string service = WithPort($"{endpoint.Namespace}/{endpoint.Service}", endpoint.Port);
        return server.Length > 0 ? $"{service} ({server})" : service;
    }

    /// <summary>
    /// An endpoint of an edge: <c>shop/cart</c> for a service or a workload (without its kind), else like an endpoint of a flow.
    /// </summary>
    public static string Edge(Endpoint? endpoint)
    {
        if (endpoint is null)
            return "?";
        string workload = endpoint.Workload[(endpoint.Workload.IndexOf('/') + 1)..];
        return Name(endpoint, endpoint.Service.Length > 0 ? endpoint.Service : workload.Length > 0 ? workload : endpoint.Pod);
    }

    private static string Name(Endpoint endpoint, string name)
    {
        if (name.Length > 0)
            return endpoint.Namespace.Length > 0 ? $"{endpoint.Namespace}/{name}" : name;
        if (endpoint.Node.Length > 0)
            return $"node/{endpoint.Node}";
        if (endpoint.Name.Length > 0)
            return endpoint.Name;
        return endpoint.Ip.Length > 0 ? endpoint.Ip : "?";
    }

    // RFC 3986 3.2.2: an IPv6 address before a port is in brackets.
    private static string WithPort(string host, uint port) =>
        port == 0 ? host : host.Contains(':') ? $"[{host}]:{port}" : $"{host}:{port}";
}
