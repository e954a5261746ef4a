using System.Text;
using Depmap.Relay.Objects;
using Depmap.V1;

namespace Depmap.Relay.Tests.Objects;

public class ObjectsReaderTests
{
    private static ClusterObjects Read(string json) => ObjectsReader.Read(Encoding.UTF8.GetBytes(json));

    [Fact]
    public void A_list_printed_by_kubectl_is_read()
    {
        ClusterObjects objects = Read("""
            {
              "apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": ""},
              "items": [
                {"kind": "Pod",
                 "metadata": {"name": "web-5d8f-x2x", "namespace": "shop", "uid": "u1", "deletionTimestamp": "2026-05-04T10:11:20Z",
                   "labels": {"pod-template-hash": "5d8f"},
                   "ownerReferences": [{"kind": "Thing", "name": "t"}, {"kind": "ReplicaSet", "name": "web-5d8f", "controller": true}]},
                 "spec": {"nodeName": "node-a", "hostNetwork": false},
                 "status": {"phase": "Running", "podIP": "10.244.1.2", "startTime": "2026-05-04T10:11:12Z",
                   "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": "2026-05-04T10:11:19Z"},
                     {"type": "PodReadyToStartContainers", "status": "True", "lastTransitionTime": "2026-05-04T10:11:14Z"}],
                   "podIPs": [{"ip": "10.244.1.2"}, {"ip": "fd00::2"}]}},
                {"kind": "Pod", "metadata": {"name": "done", "namespace": "shop"}, "spec": {},
                 "status": {"phase": "Succeeded", "podIP": "10.244.1.3"}},
                {"kind": "Pod",
                 "metadata": {"name": "pending", "namespace": "shop",
                   "annotations": {"kubernetes.io/config.hash": "5ac2", "openshift.io/deployment-config.name": "front"}},
                 "spec": {}, "status": {}},
                {"kind": "Service", "metadata": {"name": "cart", "namespace": "shop"},
                 "spec": {"clusterIP": "10.96.0.10", "clusterIPs": ["10.96.0.10", "fd00::10"], "externalIPs": ["198.51.100.1"],
                   "internalTrafficPolicy": "Local", "externalTrafficPolicy": "Cluster",
                   "ports": [{"name": "http", "port": 80, "targetPort": "web"},
                             {"port": 53, "protocol": "UDP"}, {"port": 9, "protocol": "SCTP"}]},
                 "status": {"loadBalancer": {"ingress": [{"ip": "198.51.100.2"}, {"hostname": "lb.example.com"}]}}},
                {"kind": "Service", "metadata": {"name": "headless", "namespace": "shop"}, "spec": {
                   "clusterIP": "None", "ports": null, "internalTrafficPolicy": "Cluster", "externalTrafficPolicy": "Local"}},
                {"kind": "EndpointSlice",
                 "metadata": {"name": "cart-1", "namespace": "shop", "labels": {"kubernetes.io/service-name": "cart"}},
                 "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}, {"name": "any"}],
                 "endpoints": [{"addresses": ["10.244.2.3"], "conditions": {"ready": false}},
                               {"addresses": ["10.244.2.4"], "conditions": {}, "nodeName": "node-b"},
                               {"addresses": ["10.244.2.5"], "conditions": {"ready": false, "serving": true, "terminating": true}},
                               {"addresses": ["10.244.2.6"], "conditions": {"ready": false, "serving": false, "terminating": true}}]},
                {"kind": "EndpointSlice", "metadata": {"name": "nobody's"}},
                {"kind": "Node", "metadata": {"name": "node-a"},
                 "status": {"addresses": [{"type": "InternalIP", "address": "172.30.7.11"}, {"type": "Hostname", "address": "node-a"}]}},
                {"kind": "Namespace", "metadata": {"name": "shop", "labels": {"team": "sales"}}},
                {"kind": "ReplicaSet", "metadata": {"name": "web-5d8f", "namespace": "shop",
                   "ownerReferences": [{"kind": "Deployment", "name": "web", "controller": true}]}},
                {"kind": "Gadget", "metadata": {"name": "g"}, "spec": 3}
              ]
            }
            """);

        PodObject web = objects.Pods[0];
        Assert.Equal(("u1", "shop", "web-5d8f-x2x", "node-a"), (web.Id, web.Namespace, web.Name, web.Node));
        Assert.Equal(["10.244.1.2", "fd00::2"], web.Addresses.Select(a => a.ToString()));
        Assert.Equal(8 * UnixTime.Second, web.Deleted - web.Started);
        Assert.Equal(2 * UnixTime.Second, web.NetworkReady - web.Started);
        Assert.Equal(new OwnerReference("ReplicaSet", "web-5d8f"), web.Controller);
        Assert.Equal("5d8f", web.TemplateHash);
        Assert.False(web.Finished);
        Assert.True(objects.Pods[1].Finished);
        Assert.Equal(["10.244.1.3"], objects.Pods[1].Addresses.Select(a => a.ToString()));
        Assert.Empty(objects.Pods[2].Addresses);
        Assert.Equal((null, "front"), (web.DeploymentConfig, objects.Pods[2].DeploymentConfig));
        Assert.Equal((null, "5ac2"), (web.StaticUid, objects.Pods[2].StaticUid));
        Assert.Equal(["10.96.0.10", "fd00::10"], objects.Services[0].Addresses.Select(a => a.ToString()));
        Assert.Equal(["198.51.100.1", "198.51.100.2"], objects.Services[0].ExternalAddresses.Select(a => a.ToString()));
        Assert.Equal((true, false), (objects.Services[0].IsInternalLocal, objects.Services[0].IsExternalLocal));
        Assert.Equal((false, true), (objects.Services[1].IsInternalLocal, objects.Services[1].IsExternalLocal));
        Assert.Equal([new("http", Protocol.Tcp, 80), new("", Protocol.Udp, 53)], objects.Services[0].Ports);
        Assert.Empty(objects.Services[1].Addresses);
        SliceObject slice = Assert.Single(objects.Slices);
        Assert.Equal([new("http", Protocol.Tcp, 8080)], slice.Ports);
        Assert.Equal(
            [("10.244.2.3", false), ("10.244.2.4", true), ("10.244.2.5", true), ("10.244.2.6", false)],
            slice.Endpoints.Select(e => (e.Address.ToString(), e.Ready)));
        Assert.Equal([null, "node-b", null, null], slice.Endpoints.Select(e => e.Node));
        Assert.Equal("172.30.7.11", Assert.Single(Assert.Single(objects.Nodes).Addresses).ToString());
        Assert.Equal(new OwnerReference("Deployment", "web"), objects.Owners[new WorkloadId("ReplicaSet", "shop", "web-5d8f")]);
    }

    [Fact]
    public void Labels_are_read_and_equal_ones_are_shared()
    {
        ClusterObjects objects = Read("""
            {"items": [
              {"kind": "Pod", "metadata": {"name": "a", "labels": {"tier": "front", "app": "web"}}},
              {"kind": "Pod", "metadata": {"name": "b", "labels": {"app": "web", "tier": "front"}}},
              {"kind": "Pod", "metadata": {"name": "c", "labels": {"app": "web"}}},
              {"kind": "Pod", "metadata": {"name": "d"}},
              {"kind": "Namespace", "metadata": {"name": "shop", "labels": {"team": "sales"}}}]}
            """);
        Assert.Equal(
            ["app=web,tier=front", "app=web,tier=front", "app=web", ""], objects.Pods.Select(pod => pod.Labels.ToString()));
        Assert.Same(objects.Pods[0].Labels, objects.Pods[1].Labels);
        Assert.Same(objects.Pods[0].Labels.Find("app"), objects.Pods[2].Labels.Find("app"));
        Assert.Null(objects.Pods[2].Labels.Find("tier"));
        NamespaceObject ns = Assert.Single(objects.Namespaces);
        Assert.Equal(("shop", "team=sales"), (ns.Name, ns.Labels.ToString()));
    }

    [Theory]
    [InlineData(
        """{"containers": [{"livenessProbe": {"httpGet": {"path": "/", "port": 8080}}, "readinessProbe": {"httpGet": {"port": 8080}}}]}""",
        new ushort[] { 8080 })]
    [InlineData(
        """
        {"containers": [{"startupProbe": {"tcpSocket": {"port": "db"}},
                         "ports": [{"name": "web", "containerPort": 80}, {"name": "db", "containerPort": 5432}]}]}
        """,
        new ushort[] { 5432 })]
    [InlineData(
        """
        {"containers": [{"livenessProbe": {"grpc": {"port": 9000}}}],
         "initContainers": [{"readinessProbe": {"tcpSocket": {"port": 7}}}]}
        """,
        new ushort[] { 9000, 7 })]
    [InlineData(
        """{"containers": [{"livenessProbe": {"exec": {"command": ["true"]}}, "readinessProbe": {"httpGet": {"port": "gone"}}}]}""", null)]
    [InlineData("""{"containers": [{"name": "c"}]}""", null)]
    [InlineData("{}", null)]
    public void Probe_ports_are_read(string spec, ushort[]? ports) =>
        Assert.Equal(ports, Read($$$"""{"items": [{"kind": "Pod", "metadata": {"name": "p"}, "spec": {{{spec}}}}]}""").Pods[0].ProbePorts);

    [Theory]
    [InlineData(
        """
        {"hostNetwork": true, "containers": [{"ports": [{"containerPort": 8080}]},
          {"ports": [{"containerPort": 53, "hostPort": 53, "protocol": "UDP", "hostIP": "172.30.7.11"}]}]}
        """,
        "Tcp 8080, Udp 53")]
    [InlineData(
        """
        {"containers": [{"ports": [{"containerPort": 8080}, {"containerPort": 53, "hostPort": 5353, "protocol": "UDP"}]},
          {"ports": [{"containerPort": 443, "hostPort": 8443, "hostIP": "172.30.7.11"}, {"hostPort": 8444, "hostIP": "0.0.0.0"},
                     {"hostPort": 9, "protocol": "SCTP"}]}]}
        """,
        "Udp 5353, Tcp 8443 172.30.7.11, Tcp 8444")]
    [InlineData("""{"containers": [{"ports": [{"containerPort": 8080}]}]}""", null)]
    public void Ports_of_the_nodes_address_are_read(string spec, string? ports)
    {
        PodObject pod = Read($$$"""{"items": [{"kind": "Pod", "metadata": {"name": "p"}, "spec": {{{spec}}}}]}""").Pods[0];
        Assert.Equal(
            ports, pod.HostPorts is { } all ? string.Join(", ", all.Select(p => $"{p.Protocol} {p.Port} {p.Address}".Trim())) : null);
    }

    [Theory]
    [InlineData(
        "",
        "o.json:1: expected JSON, but the input does not contain any JSON tokens. "
        + "Expected the input to start with a valid JSON token, when isFinalBlock is true.")]
    [InlineData("{\n \"items\": [\n}", "o.json:3: expected JSON, but '}' is an invalid start of a value.")]
    [InlineData("[]", "o.json:1: expected a Kubernetes List, an object with \"items\"")]
    [InlineData("\n{\"kind\": \"Pod\"}", "o.json:2: expected \"items\" to be a list")]
    [InlineData("{\n\n\"items\": {}}", "o.json:3: expected \"items\" to be a list")]
    [InlineData(
        "{\"items\": [\n{\"kind\": \"Node\", \"metadata\": {\"name\": \"n\"}},\n7]}", "o.json:3: expected each item to be an object")]
    [InlineData("{\"items\": [\n{\"metadata\": {}}]}", "o.json:2: expected \"kind\" to be a string")]
    [InlineData("{\"items\": [{\"kind\": \"Pod\",\n\"metadata\":\n{}}]}", "o.json:3: expected \"name\" to be a string")]
    [InlineData("{\"items\": [\n{\"kind\": \"Pod\"}]}", "o.json:2: expected \"metadata\" to be an object")]
    [InlineData(
        "{\"items\": [{\"kind\": \"Pod\", \"metadata\": {\"name\": \"p\"},\n\"status\": {\n\"podIPs\": \"10.0.0.1\"}}]}",
        "o.json:3: expected \"podIPs\" to be a list")]
    [InlineData(
        "{\"items\": [{\"kind\": \"Pod\", \"metadata\": {\"name\": \"p\"},\n\"status\": {\"startTime\": \"soon\"}}]}",
        "o.json:2: expected \"startTime\" to be a time such as 2026-05-04T10:11:12Z")]
    [InlineData(
        "{\"items\": [{\"kind\": \"Pod\", \"metadata\": {\"name\": \"p\"},\n\"spec\": {\"hostNetwork\": \"yes\"}}]}",
        "o.json:2: expected \"hostNetwork\" to be true or false")]
    [InlineData(
        "{\"items\": [{\"kind\": \"Service\", \"metadata\": {\"name\": \"s\"}, \"spec\": {\"ports\": [\n{\"port\": 70000}]}}]}",
        "o.json:2: expected \"port\" to be a port number")]
    [InlineData(
        "{\"items\": [{\"kind\": \"Service\", \"metadata\": {\"name\": \"s\"}, \"spec\": {\"clusterIPs\": [\n1]}}]}",
        "o.json:2: expected \"clusterIPs\" to hold strings")]
    public void An_error_has_its_line(string json, string message)
    {
        ObjectsException e = Assert.Throws<ObjectsException>(() => Read(json));
        Assert.Equal(message, e.Describe("o.json"), ignoreCase: true);
    }

    [Theory]
    [InlineData(
        """[{"interface": "eth0", "ips": ["10.244.1.2"], "default": true}, {"ips": ["192.0.2.7", "2001:db8::7"]}]""",
        "192.0.2.7 2001:db8::7")]
    [InlineData("""[{"ips": ["192.0.2.7/24", 5, "x", "192.0.2.8"]}, {"name": "none"}, 7, {"ips": "192.0.2.9"}]""", "192.0.2.8")]
    [InlineData("""{"ips": ["192.0.2.7"]}""", "")]
    [InlineData("[{", "")]
    [InlineData("", "")]
    public void A_pod_has_the_addresses_of_its_further_interfaces(string annotation, string addresses)
    {
        string text = System.Text.Json.JsonSerializer.Serialize(annotation);
        ClusterObjects objects = Read(
            $$$"""
            {"items": [{"kind": "Pod",
              "metadata": {"name": "p", "namespace": "shop", "annotations": {"k8s.v1.cni.cncf.io/network-status": {{{text}}}}},
              "status": {"podIP": "10.244.1.2"}}]}
            """);
        Assert.Equal(addresses, string.Join(' ', objects.Pods[0].FurtherAddresses));
    }

    [Fact]
    public void A_node_has_its_zone_and_the_ranges_of_its_pods()
    {
        ClusterObjects objects = Read("""
            {"items": [
              {"kind": "Node", "metadata": {"name": "a", "labels": {"topology.kubernetes.io/zone": "eu-1"} },
               "spec": {"podCIDRs": ["10.244.1.0/24", "fd00:10:244:1::/64", "none"]} },
              {"kind": "Node", "metadata": {"name": "b", "labels": {"topology.kubernetes.io/zone": ""} }, "spec": {} }]}
            """);
        Assert.Equal(["eu-1", null], objects.Nodes.Select(node => node.Zone));
        Assert.Equal(["10.244.1.0/24", "fd00:10:244:1::/64"], objects.Nodes[0].PodRanges.Select(range => range.ToString()));
        Assert.Empty(objects.Nodes[1].PodRanges);
    }
}
