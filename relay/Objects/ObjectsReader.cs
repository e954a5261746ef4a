using System.Text.Json;
using Depmap.Relay.Flows;
using Depmap.V1;

namespace Depmap.Relay.Objects;

/// <summary>Reads Kubernetes objects, and a <c>List</c> of them as <c>kubectl get … -o json</c> prints it.</summary>
internal static class ObjectsReader
{
    /// <summary>Picks what names need; kinds and fields that names do not need are passed over.</summary>
    /// <exception cref="ObjectsException">It is no such list; says the line and what was expected there.</exception>
    public static ClusterObjects Read(ReadOnlyMemory<byte> json)
    {
        using JsonDocument document = Parse(json);
        var objects = new ClusterObjects();
        LocatedElement root = new LocatedElement(document.RootElement, json).AsObject("a Kubernetes List, an object with \"items\"");
        if (root.Find("items") is null)
            throw root.Expected("\"items\" to be a list");
        foreach (LocatedElement entry in root.List("items"))
        {
            LocatedElement item = entry.AsObject("each item to be an object");
            string kind = item.Text("kind");
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
        LocatedElement metadata = item.Object("metadata");
        return new OwnedObject(new WorkloadId(kind, NamespaceOf(metadata), metadata.Text("name")), ControllerOf(metadata));
    }

    private static JsonDocument Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            return JsonDocument.Parse(json);
        }
        catch (JsonException e)
        {
            throw new ObjectsException((int)(e.LineNumber ?? 0) + 1, "expected JSON, but " + Reason(e));
        }
    }

    // The message ends in "LineNumber: 3 | BytePositionInLine: 4." counted from 0: said already, and better.
    private static string Reason(JsonException e) => e.Message.Split(" LineNumber:")[0].TrimEnd();

    public static PodObject ReadPod(LocatedElement item)
    {
        LocatedElement metadata = item.Object("metadata");
        LocatedElement? spec = item.ObjectOrNull("spec");
        LocatedElement? status = item.ObjectOrNull("status");
        string name = metadata.Text("name"), ns = NamespaceOf(metadata);
        return new PodObject
        {
            Id = metadata.TextOrNull("uid") ?? $"{ns}/{name}",
            // https://kubernetes.io/docs/reference/labels-annotations-taints/#kubernetes-io-config-hash
            StaticUid = metadata.ObjectOrNull("annotations")?.TextOrNull("kubernetes.io/config.hash"),
            Namespace = ns,
            Name = name,
            Node = spec?.TextOrNull("nodeName") ?? "",
            Addresses = status is { } known ? PodAddresses(known) : [],
            HostNetwork = spec?.Flag("hostNetwork", false) ?? false,
            HostPorts = spec is { } host && host.Flag("hostNetwork", false) ? HostPorts(host) : null,
            Finished = FinishedPods.IsFinished(status?.TextOrNull("phase")),
            Started = status?.TimeOrNull("startTime"),
            Deleted = metadata.TimeOrNull("deletionTimestamp"),
            ProbePorts = spec is { } containers ? Objects.ProbePorts.Read(containers) : null,
            Controller = ControllerOf(metadata),
            TemplateHash = metadata.ObjectOrNull("labels")?.TextOrNull("pod-template-hash"),
        };
    }

    private static List<HostPort>? HostPorts(LocatedElement spec)
    {
        List<HostPort> ports = [.. spec.List("containers").Concat(spec.List("initContainers"))
            .SelectMany(container => ReadPorts(container.AsObject("a container to be an object"), "containerPort"))
            .Select(port => new HostPort(port.Protocol, port.Port))];
        return ports.Count > 0 ? ports : null;
    }

    private static List<Address> PodAddresses(LocatedElement status)
    {
        List<Address> all = Addresses(status.List("podIPs").Select(ip => ip.AsObject("a pod IP to be an object").TextOrNull("ip")));
        return all.Count > 0 ? all : Addresses([status.TextOrNull("podIP")]);
    }

    public static ServiceObject ReadService(LocatedElement item)
    {
        LocatedElement metadata = item.Object("metadata");
        LocatedElement spec = item.Object("spec");
        IEnumerable<string?> ingress = item.ObjectOrNull("status")?.ObjectOrNull("loadBalancer")?.List("ingress")
            .Select(i => i.AsObject("an ingress to be an object").TextOrNull("ip")) ?? [];
        return new ServiceObject
        {
            Id = new ServiceId(NamespaceOf(metadata), metadata.Text("name")),
            Addresses = Addresses([.. Texts(spec, "clusterIPs"), spec.TextOrNull("clusterIP"), .. Texts(spec, "externalIPs"), .. ingress]),
            Ports = ReadPorts(spec),
        };
    }

    /// <summary>Null for a slice that belongs to no service.</summary>
    public static SliceObject? ReadSlice(LocatedElement item)
    {
        LocatedElement metadata = item.Object("metadata");
        // The label is what ties a slice to its service; one without belongs to nobody.
        if (metadata.ObjectOrNull("labels")?.TextOrNull("kubernetes.io/service-name") is not { } service)
            return null;
        var endpoints = new List<SliceEndpoint>();
        foreach (LocatedElement entry in item.List("endpoints"))
        {
            LocatedElement endpoint = entry.AsObject("an endpoint to be an object");
            // Unset means ready (discovery.k8s.io/v1 EndpointConditions).
            bool ready = endpoint.ObjectOrNull("conditions")?.Flag("ready", true) ?? true;
            endpoints.AddRange(Addresses(Texts(endpoint, "addresses")).Select(a => new SliceEndpoint(a, ready)));
        }

        return new SliceObject { Service = new ServiceId(NamespaceOf(metadata), service), Ports = ReadPorts(item), Endpoints = endpoints };
    }

    public static NodeObject ReadNode(LocatedElement item) => new(
        item.Object("metadata").Text("name"),
        Addresses(item.ObjectOrNull("status")?.List("addresses")
            .Select(a => a.AsObject("an address to be an object").TextOrNull("address")) ?? []));

    private static List<ServicePortObject> ReadPorts(LocatedElement owner, string number = "port")
    {
        var ports = new List<ServicePortObject>();
        foreach (LocatedElement entry in owner.List("ports"))
        {
            LocatedElement port = entry.AsObject("a port to be an object");
            Protocol protocol = port.TextOrNull("protocol") switch
            {
                null or "TCP" => Protocol.Tcp,
                "UDP" => Protocol.Udp,
                _ => Protocol.Unspecified,
            };
            if (protocol != Protocol.Unspecified && port.PortOrNull(number) is { } served)
                ports.Add(new ServicePortObject(port.TextOrNull("name") ?? "", protocol, served, port.PortOrNull("nodePort") ?? 0));
        }

        return ports;
    }

    private static OwnerReference? ControllerOf(LocatedElement metadata)
    {
        foreach (LocatedElement entry in metadata.List("ownerReferences"))
        {
            LocatedElement owner = entry.AsObject("an owner reference to be an object");
            if (owner.Flag("controller", false))
                return new OwnerReference(owner.Text("kind"), owner.Text("name"));
        }

        return null;
    }

    private static string NamespaceOf(LocatedElement metadata) => metadata.TextOrNull("namespace") ?? "";

    private static IEnumerable<string?> Texts(LocatedElement owner, string name) =>
        owner.List(name).Select(entry => (string?)entry.AsText($"\"{name}\" to hold strings"));

    // What is no address is passed over: a headless service says None, a slice may hold host names.
    private static List<Address> Addresses(IEnumerable<string?> texts)
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
