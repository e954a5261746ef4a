using System.Text.Json;
using Depmap.Relay.Flows;
using Depmap.V1;

namespace Depmap.Relay.Objects;

/// <summary>Reads Kubernetes objects, and a <c>List</c> of them as <c>kubectl get … -o json</c> prints it.</summary>
internal static class ObjectsReader
{
    /// <summary>Reads the fields that names are derived from; ignores other kinds and fields.</summary>
    /// <exception cref="ObjectsException">The text is not a Kubernetes List.</exception>
    public static ClusterObjects Read(ReadOnlyMemory<byte> json)
    {
        using JsonDocument document = Parse(json);
        var objects = new ClusterObjects();
        LocatedElement root = new LocatedElement(document.RootElement, json).AsObject("a Kubernetes List, an object with \"items\"");
        if (root.Find("items") is null)
            throw root.CreateException("\"items\" to be a list");
        foreach (LocatedElement entry in root.GetList("items"))
        {
            LocatedElement item = entry.AsObject("each item to be an object");
            string kind = item.GetString("kind");
            switch (kind)
            {
                case "Pod":
                    objects.Pods.Add(ReadPod(item));
                    break;
                case "Service":
                    objects.Services.Add(ReadService(item));
                    break;
                case "EndpointSlice":
                    if (ReadSlice(item) is { } slice)
                        objects.Slices.Add(slice);
                    break;
                case "Node":
                    objects.Nodes.Add(ReadNode(item));
                    break;
                case "Namespace":
                    break;
                default:
                    OwnedObject owned = ReadOwned(kind, item);
                    objects.Owners[owned.Id] = owned.Controller;
                    break;
            }
        }

        return objects;
    }

    public static OwnedObject ReadOwned(string kind, LocatedElement item)
    {
        LocatedElement metadata = item.GetObject("metadata");
        return new OwnedObject(new WorkloadId(kind, GetNamespace(metadata), metadata.GetString("name")), GetController(metadata));
    }

    private static JsonDocument Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            return JsonDocument.Parse(json);
        }
        catch (JsonException e)
        {
            throw new ObjectsException((int)(e.LineNumber ?? 0) + 1, "expected JSON, but " + GetReason(e));
        }
    }

    // Removes "LineNumber: 3 | BytePositionInLine: 4.", counted from 0: our message has the line already.
    private static string GetReason(JsonException e) => e.Message.Split(" LineNumber:")[0].TrimEnd();

    public static PodObject ReadPod(LocatedElement item)
    {
        LocatedElement metadata = item.GetObject("metadata");
        LocatedElement? spec = item.GetObjectOrNull("spec");
        LocatedElement? status = item.GetObjectOrNull("status");
        string name = metadata.GetString("name"), ns = GetNamespace(metadata);
        return new PodObject
        {
            Id = metadata.GetStringOrNull("uid") ?? $"{ns}/{name}",
            // https://kubernetes.io/docs/reference/labels-annotations-taints/#kubernetes-io-config-hash
            StaticUid = metadata.GetObjectOrNull("annotations")?.GetStringOrNull("kubernetes.io/config.hash"),
            Namespace = ns,
            Name = name,
            Node = spec?.GetStringOrNull("nodeName") ?? "",
            Addresses = status is { } known ? ReadPodAddresses(known) : [],
            HostNetwork = spec?.GetBoolean("hostNetwork", false) ?? false,
            HostPorts = spec is { } host && host.GetBoolean("hostNetwork", false) ? ReadHostPorts(host) : null,
            Finished = FinishedPods.IsFinished(status?.GetStringOrNull("phase")),
            Started = status?.GetTimeOrNull("startTime"),
            Deleted = metadata.GetTimeOrNull("deletionTimestamp"),
            ProbePorts = spec is { } containers ? ProbePortReader.Read(containers) : null,
            Controller = GetController(metadata),
            TemplateHash = metadata.GetObjectOrNull("labels")?.GetStringOrNull("pod-template-hash"),
        };
    }

    private static List<HostPort>? ReadHostPorts(LocatedElement spec)
    {
        List<HostPort> ports = [.. spec.GetList("containers").Concat(spec.GetList("initContainers"))
            .SelectMany(container => ReadPorts(container.AsObject("a container to be an object"), "containerPort"))
            .Select(port => new HostPort(port.Protocol, port.Port))];
        return ports.Count > 0 ? ports : null;
    }

    private static List<Address> ReadPodAddresses(LocatedElement status)
    {
        List<Address> all = ParseAddresses(
            status.GetList("podIPs").Select(ip => ip.AsObject("a pod IP to be an object").GetStringOrNull("ip")));
        return all.Count > 0 ? all : ParseAddresses([status.GetStringOrNull("podIP")]);
    }

    public static ServiceObject ReadService(LocatedElement item)
    {
        LocatedElement metadata = item.GetObject("metadata");
        LocatedElement spec = item.GetObject("spec");
        IEnumerable<string?> ingress = item.GetObjectOrNull("status")?.GetObjectOrNull("loadBalancer")?.GetList("ingress")
            .Select(i => i.AsObject("an ingress to be an object").GetStringOrNull("ip")) ?? [];
        return new ServiceObject
        {
            Id = new ServiceId(GetNamespace(metadata), metadata.GetString("name")),
            Addresses = ParseAddresses(
            [
                .. GetStrings(spec, "clusterIPs"),
                spec.GetStringOrNull("clusterIP"),
                .. GetStrings(spec, "externalIPs"),
                .. ingress,
            ]),
            Ports = ReadPorts(spec),
        };
    }

    /// <returns>Null for a slice that belongs to no service.</returns>
    public static SliceObject? ReadSlice(LocatedElement item)
    {
        LocatedElement metadata = item.GetObject("metadata");
        if (metadata.GetObjectOrNull("labels")?.GetStringOrNull("kubernetes.io/service-name") is not { } service)
            return null;
        var endpoints = new List<SliceEndpoint>();
        foreach (LocatedElement entry in item.GetList("endpoints"))
        {
            LocatedElement endpoint = entry.AsObject("an endpoint to be an object");
            // Unset means ready (discovery.k8s.io/v1 EndpointConditions).
            bool ready = endpoint.GetObjectOrNull("conditions")?.GetBoolean("ready", true) ?? true;
            endpoints.AddRange(ParseAddresses(GetStrings(endpoint, "addresses")).Select(a => new SliceEndpoint(a, ready)));
        }

        return new SliceObject { Service = new ServiceId(GetNamespace(metadata), service), Ports = ReadPorts(item), Endpoints = endpoints };
    }

    public static NodeObject ReadNode(LocatedElement item) => new(
        item.GetObject("metadata").GetString("name"),
        ParseAddresses(item.GetObjectOrNull("status")?.GetList("addresses")
            .Select(a => a.AsObject("an address to be an object").GetStringOrNull("address")) ?? []));

    private static List<ServicePortObject> ReadPorts(LocatedElement owner, string number = "port")
    {
        var ports = new List<ServicePortObject>();
        foreach (LocatedElement entry in owner.GetList("ports"))
        {
            LocatedElement port = entry.AsObject("a port to be an object");
            Protocol protocol = port.GetStringOrNull("protocol") switch
            {
                null or "TCP" => Protocol.Tcp,
                "UDP" => Protocol.Udp,
                _ => Protocol.Unspecified,
            };
            if (protocol != Protocol.Unspecified && port.GetPortOrNull(number) is { } served)
                ports.Add(new ServicePortObject(port.GetStringOrNull("name") ?? "", protocol, served, port.GetPortOrNull("nodePort") ?? 0));
        }

        return ports;
    }

    private static OwnerReference? GetController(LocatedElement metadata)
    {
        foreach (LocatedElement entry in metadata.GetList("ownerReferences"))
        {
            LocatedElement owner = entry.AsObject("an owner reference to be an object");
            if (owner.GetBoolean("controller", false))
                return new OwnerReference(owner.GetString("kind"), owner.GetString("name"));
        }

        return null;
    }

    private static string GetNamespace(LocatedElement metadata) => metadata.GetStringOrNull("namespace") ?? "";

    private static IEnumerable<string?> GetStrings(LocatedElement owner, string name) =>
        owner.GetList(name).Select(entry => (string?)entry.AsString($"\"{name}\" to hold strings"));

    // Ignores values that are not addresses: a headless service has None, a slice can have host names.
    private static List<Address> ParseAddresses(IEnumerable<string?> texts)
    {
        var addresses = new List<Address>();
        foreach (string? text in texts)
        {
            if (Address.TryParse(text, out Address address) && !addresses.Contains(address))
                addresses.Add(address);
        }

        return addresses;
    }
}
