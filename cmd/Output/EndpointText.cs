using Depmap.Plugin.Maps;
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

    /// <summary><c>shop/web-5d8f-x2x:43210 (Deployment/web 10.244.0.2)</c></summary>
    public static string WideClient(Endpoint? endpoint) => endpoint is null
        ? "?"
        : WithDetails(Client(endpoint), endpoint.Workload, IsNamed(endpoint) ? endpoint.Ip : "");

    /// <summary><c>shop/cart:80 (cart-7c9-q1z Deployment/cart 10.96.0.10=>10.244.1.3:8080)</c></summary>
    public static string WideServer(Endpoint? endpoint)
    {
        if (endpoint is null)
            return "?";
        string address = endpoint.PodIp.Length > 0 ? $"{endpoint.Ip}=>{WithPort(endpoint.PodIp, endpoint.PodPort)}" : endpoint.Ip;
        return endpoint.Service.Length > 0
            ? WithDetails(WithPort($"{endpoint.Namespace}/{endpoint.Service}", endpoint.Port), endpoint.Pod, endpoint.Workload, address)
            : WithDetails(Client(endpoint), endpoint.Workload, IsNamed(endpoint) || endpoint.PodIp.Length > 0 ? address : "");
    }

    /// <summary><c>10.96.0.10:80=>10.244.1.3:8080</c>: before and after translation.</summary>
    public static string Address(Endpoint? endpoint) =>
        endpoint is null ? ""
        : endpoint.PodIp.Length > 0 ? $"{WithPort(endpoint.Ip, endpoint.Port)}=>{WithPort(endpoint.PodIp, endpoint.PodPort)}"
        : WithPort(endpoint.Ip, endpoint.Port);

    /// <summary>
    /// An endpoint of an edge: <c>shop/cart</c> for a service or a workload (without its kind), <c>outside(1000-addresses)</c> for a
    /// group, else like an endpoint of a flow.
    /// </summary>
    /// <param name="more">Whether a group has more addresses than counted.</param>
    public static string Edge(Endpoint? endpoint, bool more = false)
    {
        if (endpoint is null)
            return "?";
        if (endpoint.AddressCount > 0)
            return Group(endpoint, more);
        if (endpoint.Zone.Length > 0)
            return $"zone/{endpoint.Zone}";
        string workload = endpoint.Workload[(endpoint.Workload.IndexOf('/') + 1)..];
        string name = Name(endpoint, endpoint.Service.Length > 0 ? endpoint.Service : workload.Length > 0 ? workload : endpoint.Pod);
        return name == "?" && endpoint.Namespace.Length > 0 ? endpoint.Namespace : name;
    }

    /// <summary>The same with the kind: <c>shop/service/cart</c>.</summary>
    /// <inheritdoc cref="Edge"/>
    public static string EdgeWithKind(Endpoint? endpoint, bool more = false) =>
        endpoint is { AddressCount: > 0 } ? Edge(endpoint, more) : EndIdentity.Of(endpoint).ToString();

    private static string Group(Endpoint group, bool more) =>
        group.Ip.Length > 0 && group.Name == "outside" ? group.Ip
        : group.Ip.Length > 0 ? $"{group.Name}({group.Ip})"
        : $"{group.Name}({(more ? ">" : "")}{group.AddressCount}-addresses)";

    private static bool IsNamed(Endpoint endpoint) => endpoint.Pod.Length + endpoint.Node.Length + endpoint.Name.Length > 0;

    private static string WithDetails(string text, params string[] details) =>
        string.Join(' ', details.Where(detail => detail.Length > 0)) is { Length: > 0 } all ? $"{text} ({all})" : text;

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
