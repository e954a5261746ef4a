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
        var labels = new LabelSets();
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
                    objects.Pods.Add(ReadPod(item, labels));
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
                    objects.Namespaces.Add(ReadNamespace(item, labels));
                    break;
                case nameof(PolicyKind.NetworkPolicy):
                    objects.Policies.Add(PolicyReader.ReadNetworkPolicy(item));
                    break;
                case nameof(PolicyKind.AdminNetworkPolicy):
                    objects.Policies.Add(PolicyReader.ReadAdminPolicy(PolicyKind.AdminNetworkPolicy, item));
                    break;
                case nameof(PolicyKind.BaselineAdminNetworkPolicy):
                    objects.Policies.Add(PolicyReader.ReadAdminPolicy(PolicyKind.BaselineAdminNetworkPolicy, item));
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

    public static NamespaceObject ReadNamespace(LocatedElement item, LabelSets sets)
    {
        LocatedElement metadata = item.GetObject("metadata");
        return new NamespaceObject(metadata.GetString("name"), sets.Share(metadata.GetObjectOrNull("labels")));
    }

    /// <param name="item">The pod.</param>
    /// <param name="sets">The labels that it may share.</param>
    public static PodObject ReadPod(LocatedElement item, LabelSets sets)
    {
        LocatedElement metadata = item.GetObject("metadata");
        LocatedElement? spec = item.GetObjectOrNull("spec");
        LocatedElement? status = item.GetObjectOrNull("status");
        LocatedElement? annotations = metadata.GetObjectOrNull("annotations");
        string name = metadata.GetString("name"), ns = GetNamespace(metadata);
        LabelSet labels = sets.Share(metadata.GetObjectOrNull("labels"));
        List<Address> addresses = status is { } known ? ReadPodAddresses(known) : [];
        return new PodObject
        {
            Id = metadata.GetStringOrNull("uid") ?? $"{ns}/{name}",
            // https://kubernetes.io/docs/reference/labels-annotations-taints/#kubernetes-io-config-hash
            StaticUid = annotations?.GetStringOrNull("kubernetes.io/config.hash"),
            Namespace = ns,
            Name = name,
            Node = spec?.GetStringOrNull("nodeName") ?? "",
            Addresses = addresses,
            FurtherAddresses = NetworkStatusReader.Read(annotations) is { Count: > 0 } all ? [.. all.Except(addresses)] : [],
            HostNetwork = spec?.GetBoolean("hostNetwork", false) ?? false,
            HostPorts = spec is { } host ? ReadHostPorts(host) : null,
            Finished = FinishedPods.IsFinished(status?.GetStringOrNull("phase")),
            Started = status?.GetTimeOrNull("startTime"),
            NetworkReady = status is { } reported ? ReadNetworkReady(reported) : null,
            Deleted = metadata.GetTimeOrNull("deletionTimestamp"),
            ProbePorts = spec is { } containers ? ProbePortReader.Read(containers) : null,
            Controller = GetController(metadata),
            DeploymentConfig = annotations?.GetStringOrNull("openshift.io/deployment-config.name"),
            NamedPorts = spec is { } named ? ReadNamedPorts(named) : null,
            Labels = labels,
            TemplateHash = labels.Find("pod-template-hash"),
        };
    }

    private static List<NamedPort>? ReadNamedPorts(LocatedElement spec)
    {
        List<NamedPort>? ports = null;
        foreach (LocatedElement entry in spec.GetList("containers").Concat(spec.GetList("initContainers")))
        {
            foreach (LocatedElement portEntry in entry.AsObject("a container to be an object").GetList("ports"))
            {
                LocatedElement port = portEntry.AsObject("a port to be an object");
                if (port.GetStringOrNull("name") is { } name && ReadProtocol(port) is { } protocol
                    && port.GetPortOrNull("containerPort") is { } number)
                    (ports ??= []).Add(new NamedPort(name, protocol, number));
            }
        }

        return ports;
    }

    private static List<HostPort>? ReadHostPorts(LocatedElement spec)
    {
        // On the node's network a container's port is the node's, whether or not it repeats it as hostPort.
        bool hostNetwork = spec.GetBoolean("hostNetwork", false);
        List<HostPort>? ports = null;
        foreach (LocatedElement entry in spec.GetList("containers").Concat(spec.GetList("initContainers")))
        {
            foreach (LocatedElement portEntry in entry.AsObject("a container to be an object").GetList("ports"))
            {
                LocatedElement port = portEntry.AsObject("a port to be an object");
                if (ReadProtocol(port) is not { } protocol
                    || port.GetPortOrNull(hostNetwork ? "containerPort" : "hostPort") is not (> 0 and { } number))
                    continue;
                bool single = Address.TryParse(port.GetStringOrNull("hostIP"), out Address only) && !only.IsUnspecified;
                (ports ??= []).Add(new HostPort(protocol, number, single && !hostNetwork ? only : null));
            }
        }

        return ports;
    }

    // https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-has-network
    private static long? ReadNetworkReady(LocatedElement status)
    {
        foreach (LocatedElement entry in status.GetList("conditions"))
        {
            LocatedElement condition = entry.AsObject("a condition to be an object");
            if (condition.GetStringOrNull("type") == "PodReadyToStartContainers" && condition.GetStringOrNull("status") == "True")
                return condition.GetTimeOrNull("lastTransitionTime");
        }

        return null;
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
            Addresses = ParseAddresses([.. GetStrings(spec, "clusterIPs"), spec.GetStringOrNull("clusterIP")]),
            ExternalAddresses = ParseAddresses([.. GetStrings(spec, "externalIPs"), .. ingress]),
            IsInternalLocal = spec.GetStringOrNull("internalTrafficPolicy") == "Local",
            IsExternalLocal = spec.GetStringOrNull("externalTrafficPolicy") == "Local",
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
            bool ready = IsReady(endpoint.GetObjectOrNull("conditions"));
            string? node = endpoint.GetStringOrNull("nodeName");
            endpoints.AddRange(ParseAddresses(GetStrings(endpoint, "addresses")).Select(a => new SliceEndpoint(a, ready, node)));
        }

        return new SliceObject { Service = new ServiceId(GetNamespace(metadata), service), Ports = ReadPorts(item), Endpoints = endpoints };
    }

    // Unset means ready (discovery.k8s.io/v1 EndpointConditions). If no endpoint is ready, kube-proxy uses those that still
    // serve while they are being deleted.
    private static bool IsReady(LocatedElement? conditions) =>
        conditions is not { } known
        || known.GetBoolean("ready", true)
        || (known.GetBoolean("serving", false) && known.GetBoolean("terminating", false));

    public static NodeObject ReadNode(LocatedElement item)
    {
        LocatedElement metadata = item.GetObject("metadata");
        LocatedElement? status = item.GetObjectOrNull("status");
        LocatedElement? info = status?.GetObjectOrNull("nodeInfo");
        LocatedElement? labels = metadata.GetObjectOrNull("labels");
        string name = metadata.GetString("name");
        return new NodeObject(
            name,
            ParseAddresses(status?.GetList("addresses")
                .Select(a => a.AsObject("an address to be an object").GetStringOrNull("address")) ?? []),
            NodeSupport.Obstacle(
                name,
                info?.GetStringOrNull("operatingSystem"),
                info?.GetStringOrNull("architecture"),
                info?.GetStringOrNull("kernelVersion") ?? "",
                label => labels?.GetStringOrNull(label)),
            (status?.GetList("conditions") ?? []).Select(c => c.AsObject("a condition to be an object"))
                .All(c => c.GetStringOrNull("type") != "Ready" || c.GetStringOrNull("status") == "True"))
        {
            Zone = labels?.GetStringOrNull("topology.kubernetes.io/zone") is { Length: > 0 } zone ? zone : null,
            PodRanges = ReadPodRanges(item.GetObjectOrNull("spec")),
        };
    }

    private static List<AddressRange> ReadPodRanges(LocatedElement? spec)
    {
        var ranges = new List<AddressRange>();
        foreach (LocatedElement entry in spec?.GetList("podCIDRs") ?? [])
        {
            if (AddressRange.TryParse(entry.AsString("a CIDR to be a string"), out AddressRange range))
                ranges.Add(range);
        }

        return ranges;
    }

    private static List<ServicePortObject> ReadPorts(LocatedElement owner)
    {
        var ports = new List<ServicePortObject>();
        foreach (LocatedElement entry in owner.GetList("ports"))
        {
            LocatedElement port = entry.AsObject("a port to be an object");
            if (ReadProtocol(port) is { } protocol && port.GetPortOrNull("port") is { } served)
                ports.Add(new ServicePortObject(port.GetStringOrNull("name") ?? "", protocol, served, port.GetPortOrNull("nodePort") ?? 0));
        }

        return ports;
    }

    // Null for a protocol that is not observed, such as SCTP.
    private static Protocol? ReadProtocol(LocatedElement port) => port.GetStringOrNull("protocol") switch
    {
        null or "TCP" => Protocol.Tcp,
        "UDP" => Protocol.Udp,
        _ => null,
    };

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
