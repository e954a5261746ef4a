"""The table that describes a lab: parsed, checked, with addresses assigned. README.md describes its lines."""

import ipaddress
import itertools
import re
import uuid
from collections import Counter
from dataclasses import dataclass, field, replace

NODES = ("node-a", "node-b")
NODE_ADDRESSES = {"node-a": ("172.30.7.11", "fd00:30:7::11"), "node-b": ("172.30.7.12", "fd00:30:7::12")}
OUTSIDE = ("203.0.113.10", "2001:db8::10")
ROUTER = ("172.30.7.1", "fd00:30:7::1")  # the default gateway of the nodes, and the source address of out towards them
NOWHERE = ("198.51.100.99", "2001:db8:1::99")  # outside; no host has it
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
    host_network: bool = False

    @property
    def uid(self):
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"Pod/{self.namespace}/{self.name}"))


# The network outside the cluster, as a backend of a service.
OUT = Pod("out", "", "", "", "", *OUTSIDE)


@dataclass(frozen=True)
class Port:
    protocol: str  # tcp or udp
    port: int
    target: int
    pods: tuple


@dataclass(frozen=True)
class NodePort:
    protocol: str
    port: int  # the service's
    number: int
    local: bool  # externalTrafficPolicy


@dataclass
class Service:
    namespace: str
    name: str
    ips: tuple  # of both families, or one; empty for a headless service
    ports: list = field(default_factory=list)
    node_ports: list = field(default_factory=list)
    external_ips: tuple = ()
    balancer_ips: tuple = ()
    affinity: bool = False
    local: bool = False  # internalTrafficPolicy

    @property
    def addresses(self):
        return (*self.ips, *self.external_ips, *self.balancer_ips)


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
    """An edge that the map must have, and the verdict of all its flows."""

    source_namespace: str
    source: str  # KIND/NAME
    namespace: str
    service: str  # either this or the workload is empty
    workload: str
    protocol: str
    port: int
    verdict: str
    reason: str


@dataclass(frozen=True)
class Step:
    """A command of a case, and what it must print; None if that is not checked."""

    place: str
    command: str
    prints: str | None = None
    after: bool = False  # all cases of the table


@dataclass
class Case:
    name: str
    about: str
    steps: list = field(default_factory=list)
    flows: Counter = field(default_factory=Counter)  # as run-cases writes flows
    superseded: Counter = field(default_factory=Counter)  # of these, those that are reported again as another


class TableError(Exception):
    pass


class Table:
    def __init__(self, path):
        self.pods, self.services = {}, {}
        self.drops, self.servers, self.clients, self.expected = [], [], [], []
        self.cases, self._variants = {}, []
        self.ipv6_only = False
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
        keyword, _, rest = line.partition(" ")
        reader = {
            "pod": self._pod,
            "service": self._service,
            "nodeport": self._node_port,
            "external": self._external,
            "affinity": self._affinity,
            "local": self._local,
            "ipv6-only": self._ipv6_only,
            "drop": self._drop,
            "server": self._server,
            "client": self._client,
            "expect": self._expect,
            "case": self._case,
            "run": self._run,
            "after": self._after,
            "prints": self._prints,
            "flow": self._flow,
            "then": self._then,
        }.get(keyword)
        if reader is None:
            raise TableError(f"unknown keyword {keyword}")
        reader(rest)

    def _pod(self, rest):
        name, namespace, node, owner, *host = rest.split()
        kind, _, workload = owner.partition("/")
        _check_node(node)
        if not re.fullmatch(r"[a-z][a-z0-9]*", name) or name in ("a", "b", "out") or name in self.pods:
            raise TableError(f"pod name {name} is a duplicate, reserved, or not lower case letters and digits")
        if kind not in WORKLOAD_KINDS or not workload:
            raise TableError(f"workload is KIND/NAME with KIND one of {', '.join(WORKLOAD_KINDS)}")
        if host not in ([], ["host"]):
            raise TableError("after the workload only host is allowed")
        subnet = NODES.index(node) + 1
        last = 2 + sum(pod.node == node and not pod.host_network for pod in self.pods.values())
        ips = NODE_ADDRESSES[node] if host else (f"10.244.{subnet}.{last}", f"fd00:10:244:{subnet}::{last:x}")
        self.pods[name] = Pod(name, namespace, node, kind, workload, *ips, bool(host))

    def _service(self, rest):
        name, ips, protocol, port, target, backends = rest.split()
        namespace, _, short = name.partition("/")
        ips = () if ips == "None" else tuple(str(ipaddress.ip_address(ip)) for ip in ips.split(","))
        pods = () if backends == "-" else tuple(self._find(pod) for pod in backends.split(","))
        service = self.services.setdefault(name, Service(namespace, short, ips))
        service.ports.append(Port(_protocol(protocol), int(port), int(target), pods))

    def _node_port(self, rest):
        name, protocol, port, number, *local = rest.split()
        if local not in ([], ["local"]):
            raise TableError("after the node port only local is allowed")
        self.services[name].node_ports.append(NodePort(_protocol(protocol), int(port), int(number), bool(local)))

    def _external(self, rest):
        name, kind, ips = rest.split()
        ips = tuple(str(ipaddress.ip_address(ip)) for ip in ips.split(","))
        if kind == "balancer":
            self.services[name].balancer_ips = ips
        elif kind == "ip":
            self.services[name].external_ips = ips
        else:
            raise TableError("external is ip or balancer")

    def _affinity(self, rest):
        self.services[rest].affinity = True

    def _local(self, rest):
        self.services[rest].local = True

    def _ipv6_only(self, rest):
        if rest:
            raise TableError("ipv6-only stands alone")
        self.ipv6_only = True

    def of_families(self, addresses):
        """Those of (IPv4, IPv6) that the cluster has."""
        return addresses[1:] if self.ipv6_only else addresses

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

    def _case(self, rest):
        """NAME[/WORD=VALUE,VALUE...]: ABOUT. One case for each combination of values, which replace $WORD in its lines."""
        head, _, about = rest.partition(": ")
        name, *words = head.split("/")
        choices = [(word, values.split(",")) for word, _, values in (w.partition("=") for w in words)]
        self._variants = []
        for values in itertools.product(*(values for _, values in choices)):
            case = Case("-".join((name, *values)), about)
            if case.name in self.cases or not about:
                raise TableError(f"case {case.name} is a duplicate, or has no description")
            self.cases[case.name] = case
            self._variants.append((case, dict(zip((word for word, _ in choices), values))))

    def _lines(self, text):
        """Each variant of the case, and the line with its values."""
        if not self._variants:
            raise TableError("no case above")
        for case, values in self._variants:
            yield case, _fill(text, values)

    def _run(self, rest, after=False):
        for case, line in self._lines(rest):
            place, command = line.split(maxsplit=1)
            if place not in ("lab", *NODES):
                self._find(place)
            case.steps.append(Step(place, command, after=after))

    def _after(self, rest):
        self._run(rest, after=True)

    def _prints(self, rest):
        for case, line in self._lines(rest):
            case.steps[-1] = replace(case.steps[-1], prints=line)

    def _flow(self, rest):
        for case, line in self._lines(rest):
            count, _, flow = line.partition("x ") if re.match(r"\d+x ", line) else ("1", "", line)
            case.flows[flow] += int(count)

    def _then(self, rest):
        for case, line in self._lines(rest):
            case.superseded[next(reversed(case.flows))] += 1
            case.flows[line] += 1

    def _find(self, name):
        if name == OUT.name:
            return OUT
        if name not in self.pods:
            raise TableError(f"no pod {name} above")
        return self.pods[name]

    def cluster_dns(self):
        """The first address of the cluster DNS service, or None if the table has no such service."""
        service = self.services.get(CLUSTER_DNS)
        return service.ips[0] if service else None


def _fill(text, values):
    """Replaces $WORD by its value, and $WORD^ by the value in upper case. Other variables are left to the shell."""
    return re.sub(
        r"\$(\w+)(\^?)",
        lambda match: match[0] if match[1] not in values else values[match[1]].upper() if match[2] else values[match[1]],
        text,
    )


def _check_node(word):
    if word not in NODES:
        raise TableError(f"node is {' or '.join(NODES)}")


def _protocol(word):
    if word not in ("tcp", "udp"):
        raise TableError("protocol is tcp or udp")
    return word
