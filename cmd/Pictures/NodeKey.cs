using Depmap.Plugin.Output;
using Depmap.V1;

namespace Depmap.Plugin.Pictures;

/// <summary>What makes two ends of edges the same node.</summary>
/// <param name="Type">The kind of workload, such as Deployment; empty if it is unknown or none.</param>
internal readonly record struct NodeKey(GraphNodeKind Kind, string Namespace, string Name, string Type) : IComparable<NodeKey>
{
    /// <summary>The name with its namespace, as pages show it.</summary>
    public string FullName => Kind == GraphNodeKind.Workload && Namespace.Length > 0 ? $"{Namespace}/{Name}" : Name;

    public static NodeKey Of(Endpoint? end)
    {
        end ??= new Endpoint();
        string space = PictureText.Visible(end.Namespace);
        if (end.Workload.Length > 0)
        {
            int slash = end.Workload.IndexOf('/');
            string type = PictureText.Visible(end.Workload[..Math.Max(0, slash)]);
            return new NodeKey(GraphNodeKind.Workload, space, PictureText.Visible(end.Workload[(slash + 1)..]), type);
        }

        if (OfService(end) is { } service)
            return service;
        if (end.Pod.Length > 0)
            return new NodeKey(GraphNodeKind.Workload, space, PictureText.Visible(end.Pod), "Pod");
        if (space.Length > 0)
            return new NodeKey(GraphNodeKind.Namespace, space, space, "Namespace");
        if (end.Node.Length > 0)
            return new NodeKey(GraphNodeKind.Host, "", PictureText.Visible(end.Node), "Node");
        // A group is the same whatever its number of addresses.
        if (end.AddressCount > 0)
            return new NodeKey(GraphNodeKind.Outside, "", PictureText.Visible(end.Name), "");
        // What is neither outside nor unknown is a zone.
        string name = EndpointText.Edge(end);
        bool isHost = name != "?" && end.Name.Length == 0 && end.Ip.Length == 0;
        return new NodeKey(isHost ? GraphNodeKind.Host : GraphNodeKind.Outside, "", PictureText.Visible(name), "");
    }

    /// <summary>The service that was called; null if none was.</summary>
    public static NodeKey? OfService(Endpoint? end) => end is { Service.Length: > 0 }
        ? new NodeKey(GraphNodeKind.Workload, PictureText.Visible(end.Namespace), PictureText.Visible(end.Service), "Service")
        : null;

    public int CompareTo(NodeKey other)
    {
        int order = string.CompareOrdinal(Namespace, other.Namespace);
        if (order == 0)
            order = Kind.CompareTo(other.Kind);
        if (order == 0)
            order = string.CompareOrdinal(Name, other.Name);
        return order != 0 ? order : string.CompareOrdinal(Type, other.Type);
    }
}
