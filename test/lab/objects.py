"""The pods, services and nodes of the lab as Kubernetes objects, as `kubectl get -o json` prints them."""

import hashlib
import uuid

from lab_table import NODE_ADDRESSES

APP = "app.kubernetes.io/name"
# Kubernetes uses these for random names: without vowels, to avoid words (apimachinery util/rand).
ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
API_VERSIONS = {
    "Deployment": "apps/v1",
    "ReplicaSet": "apps/v1",
    "StatefulSet": "apps/v1",
    "DaemonSet": "apps/v1",
    "Job": "batch/v1",
    "EndpointSlice": "discovery.k8s.io/v1",
}


def kubernetes_list(table, now):
    """All objects of a table as one List. now is their creation time, in RFC 3339 format and UTC."""
    build = _Objects(now, table.of_families)
    for name in sorted({pod.namespace for pod in table.pods.values()}):
        build.add("Namespace", None, name, {"kubernetes.io/metadata.name": name}, status={"phase": "Active"})
    for name, addresses in NODE_ADDRESSES.items():
        internal = [{"type": "InternalIP", "address": address} for address in table.of_families(addresses)]
        build.add("Node", None, name, status={"addresses": [*internal, {"type": "Hostname", "address": name}]})
    pods = {pod.name: build.pod(pod) for pod in table.pods.values()}
    for service in table.services.values():
        build.service(service, pods)
    return {"apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": ""}, "items": build.items}


class _Objects:
    def __init__(self, now, of_families):
        self.now, self.items, self._made, self._replicas = now, [], {}, {}
        self._of_families = of_families

    def add(self, kind, namespace, name, labels=None, owner=None, uid=None, **body):
        """Adds an object, or returns the existing one with this name."""
        key = (kind, namespace, name)
        if key in self._made:
            return self._made[key]
        metadata = {
            "name": name,
            "uid": uid or str(uuid.uuid5(uuid.NAMESPACE_URL, f"{kind}/{namespace}/{name}")),
            "resourceVersion": str(len(self.items) + 1),
            "creationTimestamp": self.now,
        }
        if namespace:
            metadata["namespace"] = namespace
        if labels:
            metadata["labels"] = labels
        if owner:
            metadata["ownerReferences"] = [_owner_reference(owner)]
        made = {"apiVersion": API_VERSIONS.get(kind, "v1"), "kind": kind, "metadata": metadata, **body}
        self.items.append(made)
        self._made[key] = made
        return made

    def pod(self, pod):
        labels = {APP: pod.workload}
        owner = None
        if pod.kind != "Pod":
            owner = self.add(pod.kind, pod.namespace, pod.workload, labels)
        if pod.kind == "Deployment":
            labels = {**labels, "pod-template-hash": _letters(f"{pod.namespace}/{pod.workload}", 10)}
            owner = self.add(
                "ReplicaSet", pod.namespace, f"{pod.workload}-{labels['pod-template-hash']}", labels, owner
            )
        addresses = self._of_families((pod.ip, pod.ip6))
        hosts = self._of_families(NODE_ADDRESSES[pod.node])
        return self.add(
            "Pod",
            pod.namespace,
            self._pod_name(pod, owner),
            labels,
            owner,
            pod.uid,
            spec={
                "nodeName": pod.node,
                "hostNetwork": pod.host_network,
                "containers": [{"name": pod.workload, "image": pod.workload}],
            },
            status={
                "phase": "Running",
                "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": self.now}],
                "hostIP": hosts[0],
                "hostIPs": [{"ip": host} for host in hosts],
                "podIP": addresses[0],
                "podIPs": [{"ip": address} for address in addresses],
                "startTime": self.now,
            },
        )

    def _pod_name(self, pod, owner):
        if pod.kind == "Pod":
            return pod.workload
        ordinal = self._replicas.setdefault((pod.namespace, pod.kind, pod.workload), 0)
        self._replicas[(pod.namespace, pod.kind, pod.workload)] += 1
        suffix = ordinal if pod.kind == "StatefulSet" else _letters(f"pod/{pod.namespace}/{pod.name}", 5)
        return f"{owner['metadata']['name']}-{suffix}"

    def service(self, service, pods):
        families = ["IPv6" if ":" in ip else "IPv4" for ip in service.ips] or list(self._of_families(("IPv4", "IPv6")))
        app = next((pod.workload for port in service.ports for pod in port.pods), service.name)
        node_ports = {(port.protocol, port.port): port.number for port in service.node_ports}
        kind = "LoadBalancer" if service.balancer_ips else "NodePort" if node_ports else "ClusterIP"
        self.add(
            "Service",
            service.namespace,
            service.name,
            spec={
                "type": kind,
                "clusterIP": service.ips[0] if service.ips else "None",
                "clusterIPs": list(service.ips) or ["None"],
                "ipFamilies": families,
                "ipFamilyPolicy": "RequireDualStack" if len(families) == 2 else "SingleStack",
                "selector": {APP: app},
                "externalIPs": list(service.external_ips),
                "internalTrafficPolicy": "Local" if service.local else "Cluster",
                "externalTrafficPolicy": "Local" if any(port.local for port in service.node_ports) else "Cluster",
                "ports": [
                    {
                        **_port(port),
                        "port": port.port,
                        "targetPort": port.target,
                        "nodePort": node_ports.get((port.protocol, port.port)),
                    }
                    for port in service.ports
                ],
            },
            status={"loadBalancer": {"ingress": [{"ip": ip} for ip in service.balancer_ips]}},
        )
        for family in families:
            # One slice for each set of endpoints: ports with different endpoints are in different slices.
            for backends in dict.fromkeys(port.pods for port in service.ports):
                self._slice(service, family, backends, pods)

    def _slice(self, service, family, backends, pods):
        names = "/".join(pod.name for pod in backends)
        self.add(
            "EndpointSlice",
            service.namespace,
            f"{service.name}-{_letters(f'{service.namespace}/{service.name}/{family}/{names}', 5)}",
            {"kubernetes.io/service-name": service.name},
            addressType=family,
            endpoints=[
                {
                    "addresses": [pod.ip6 if family == "IPv6" else pod.ip],
                    "conditions": {"ready": True, "serving": True, "terminating": False},
                    **_target(pod, pods.get(pod.name)),
                }
                for pod in backends
            ],
            ports=[
                {**_port(port), "port": port.target} for port in service.ports if port.pods == backends
            ],
        )


def _target(pod, made):
    """The targetRef of an endpoint; one outside the cluster has none."""
    if made is None:
        return {}
    reference = {"kind": "Pod", "namespace": pod.namespace, "name": made["metadata"]["name"], "uid": made["metadata"]["uid"]}
    return {"nodeName": pod.node, "targetRef": reference}


def _port(port):
    return {"name": f"{port.protocol}-{port.port}", "protocol": port.protocol.upper()}


def _owner_reference(owner):
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


def _letters(seed, count):
    return "".join(ALPHABET[byte % len(ALPHABET)] for byte in hashlib.sha256(seed.encode()).digest()[:count])
