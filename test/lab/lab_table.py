"""The table that describes a lab: read, checked, and given addresses. README.md lists its words."""

import ipaddress
import re
from dataclasses import dataclass, field

NODES = ("node-a", "node-b")
NODE_ADDRESSES = {"node-a": ("172.30.7.11", "fd00:30:7::11"), "node-b": ("172.30.7.12", "fd00:30:7::12")}
OUTSIDE = ("203.0.113.10", "2001:db8::10")
CLUSTER_DNS = "kube-system/kube-dns"
WORKLOAD_KINDS = ("Deployment", "StatefulSet", "DaemonSet", "Job", "Pod")


@dataclass(frozen=True)
class Pod:
    name: str  # in the table; the Kubernetes name is made from the workload
    namespace: str
    node: str
    kind: str
    workload: str
    ip: str
    ip6: str


@dataclass(frozen=True)
class Port:
    protocol: str  # tcp or udp
    port: int
    target: int
    pods: tuple


@dataclass
class Service:
    namespace: str
    name: str
    ips: tuple  # of both families, or one; empty for a headless service
    ports: list = field(default_factory=list)


@dataclass(frozen=True)
class Drop:
    source: Pod
    target: Pod
    port: int
    node: str


@dataclass(frozen=True)
class Program:
    pod: Pod
    command: str
    protocol: str = ""  # of a server
    port: int = 0


@dataclass(frozen=True)
class Expected:
    """An edge that the map must show, and the verdict of each of its flows."""

    source_namespace: str
    source: str  # KIND/NAME
    namespace: str
    service: str  # one of these two is empty
    workload: str
    protocol: str
    port: int
    verdict: str
    reason: str


class TableError(Exception):
    pass


class Table:
    def __init__(self, path):
        self.pods, self.services = {}, {}
        self.drops, self.servers, self.clients, self.expected = [], [], [], []
        try:
            with open(path, encoding="utf-8") as file:
                lines = file.read().splitlines()
        except OSError as error:
            raise TableError(f"{path}: {error.strerror}") from None
        for number, line in enumerate(lines, 1):
            line = line.strip()
            if line and not line.startswith("#"):
                try:
                    self._read(line)
                except (ValueError, KeyError, TableError) as error:
                    raise TableError(f"{path}:{number}: {error} in: {line}") from None

    def _read(self, line):
        word, _, rest = line.partition(" ")
        reader = {
            "pod": self._pod,
            "service": self._service,
            "drop": self._drop,
            "server": self._server,
            "client": self._client,
            "expect": self._expect,
        }.get(word)
        if reader is None:
            raise TableError(f"unknown word {word}")
        reader(rest)

    def _pod(self, rest):
        name, namespace, node, owner = rest.split()
        kind, _, workload = owner.partition("/")
        _check_node(node)
        if not re.fullmatch(r"[a-z][a-z0-9]*", name) or name in ("a", "b", "out") or name in self.pods:
            raise TableError(f"pod name {name} is taken or not of small letters and digits")
        if kind not in WORKLOAD_KINDS or not workload:
            raise TableError(f"workload is KIND/NAME with KIND one of {', '.join(WORKLOAD_KINDS)}")
        subnet = NODES.index(node) + 1
        host = 2 + sum(pod.node == node for pod in self.pods.values())
        self.pods[name] = Pod(
            name, namespace, node, kind, workload, f"10.244.{subnet}.{host}", f"fd00:10:244:{subnet}::{host:x}"
        )

    def _service(self, rest):
        name, ips, protocol, port, target, backends = rest.split()
        namespace, _, short = name.partition("/")
        ips = () if ips == "None" else tuple(str(ipaddress.ip_address(ip)) for ip in ips.split(","))
        pods = () if backends == "-" else tuple(self._find(pod) for pod in backends.split(","))
        service = self.services.setdefault(name, Service(namespace, short, ips))
        service.ports.append(Port(_protocol(protocol), int(port), int(target), pods))

    def _drop(self, rest):
        source, target, port, node = rest.split()
        _check_node(node)
        self.drops.append(Drop(self._find(source), self._find(target), int(port), node))

    def _server(self, rest):
        pod, protocol, port, command = rest.split(maxsplit=3)
        self.servers.append(Program(self._find(pod), command, _protocol(protocol), int(port)))

    def _client(self, rest):
        pod, command = rest.split(maxsplit=1)
        self.clients.append(Program(self._find(pod), command))

    def _expect(self, rest):
        client, served = rest.split(" -> ")
        source_namespace, source = client.split()
        namespace, server, protocol, port, verdict, *reason = served.split()
        kind, _, name = server.partition("/")
        service, workload = (name, "") if kind == "service" else ("", server)
        self.expected.append(
            Expected(
                source_namespace, source, namespace, service, workload, protocol, int(port), verdict, "".join(reason)
            )
        )

    def _find(self, name):
        if name not in self.pods:
            raise TableError(f"no pod {name} above")
        return self.pods[name]

    def cluster_dns(self):
        """The first address of the cluster's DNS service, None where the table has none."""
        service = self.services.get(CLUSTER_DNS)
        return service.ips[0] if service else None


def _check_node(word):
    if word not in NODES:
        raise TableError(f"node is {' or '.join(NODES)}")


def _protocol(word):
    if word not in ("tcp", "udp"):
        raise TableError("protocol is tcp or udp")
    return word
