"""The network of the lab: commands for `ip -batch`, and an nftables ruleset that does the work of kube-proxy.

Layout: `out` is the network outside the cluster. It has a bridge that connects the eth0 of both nodes, as a container engine
does for kind. The eth0 of a node is thus a veth with its peer in another namespace, like that of a pod, but has the default
route.
"""

import hashlib
import ipaddress

from lab_table import NODE_ADDRESSES, NODES, OUTSIDE

CLUSTER = {4: "10.244.0.0/16", 6: "fd00:10:244::/48"}
SERVICES = {4: "10.96.0.0/16", 6: "fd00:10:96::/112"}
# Without multicast snooping, for which a bridge sends IGMP and MLD reports to pods.
BRIDGE = "type bridge mcast_snooping 0"
# The mark of kube-proxy for packets to masquerade.
MASQUERADE = "meta mark set meta mark | 0x4000"


def namespace(lab, place):
    """The name of the network namespace of a pod, node-a, node-b or out."""
    return f"dm-{lab}-{place.removeprefix('node-')}"


def host_interface(pod):
    """The node's end of the veth pair of a pod, named like those of the CNI bridge plugin: veth and eight hexadecimal digits."""
    return "veth" + hashlib.sha256(pod.name.encode()).hexdigest()[:8]


def without_ipv4(commands):
    """The commands, except those that give a namespace an IPv4 address or route."""
    return (command for command in commands if ":" in command or not command.startswith(("addr ", "route ")))


def outside_links(lab):
    yield "link set lo up"
    yield f"link add br0 address 02:00:1e:07:00:01 {BRIDGE}"
    for address in ("172.30.7.1/24", f"{OUTSIDE[0]}/32", "fd00:30:7::1/64", f"{OUTSIDE[1]}/128"):
        yield _address(address, "br0")
    yield "link set br0 up"
    for node in NODES:
        yield f"link add {node} type veth peer name eth0 netns {namespace(lab, node)}"
        yield f"link set {node} master br0 up"


def node_links(lab, node, pods):
    here = NODES.index(node) + 1
    yield "link set lo up"
    yield "link set eth0 up"
    for address, bits in zip(NODE_ADDRESSES[node], (24, 64)):
        yield _address(f"{address}/{bits}", "eth0")
    yield f"link add cni0 address 0a:58:0a:f4:0{here}:01 {BRIDGE}"
    yield _address(f"10.244.{here}.1/24", "cni0")
    yield _address(f"fd00:10:244:{here}::1/64", "cni0")
    yield "link set cni0 up"
    yield "route add default via 172.30.7.1"
    yield "route add default via fd00:30:7::1"
    for index, other in enumerate(NODES, 1):
        if other != node:
            yield f"route add 10.244.{index}.0/24 via {NODE_ADDRESSES[other][0]}"
            yield f"route add fd00:10:244:{index}::/64 via {NODE_ADDRESSES[other][1]}"
    for pod in (pod for pod in pods if pod.node == node):
        host = host_interface(pod)
        yield f"link add {host} type veth peer name eth0 netns {namespace(lab, pod.name)}"
        yield f"link set {host} master cni0 up"
        # Hairpin mode: a pod that calls its own service gets its packet back through the same bridge port.
        yield f"link set {host} type bridge_slave hairpin on"


def pod_links(pod):
    subnet = NODES.index(pod.node) + 1
    yield "link set lo up"
    yield _address(f"{pod.ip}/24", "eth0")
    yield _address(f"{pod.ip6}/64", "eth0")
    yield "link set eth0 up"
    yield f"route add default via 10.244.{subnet}.1"
    yield f"route add default via fd00:10:244:{subnet}::1"


def _address(address, device):
    # Without duplicate address detection, an IPv6 address is usable at once.
    return f"addr add {address} dev {device}" + (" nodad" if ":" in address else "")


def ruleset(table, node):
    """The nftables rules of a node: those of kube-proxy in nftables mode, of a CNI plugin and of a policy engine."""
    translated = [translation for service in table.services.values() for translation in _translations(service, node)]
    # Of a node's address only the ports of the service are the service's: kube-proxy leaves the others alone.
    nodes = {ip for ips in NODE_ADDRESSES.values() for ip in ips}
    addresses = [ip for service in table.services.values() for ip in service.addresses if ip not in nodes]
    yield "table inet lab {"
    yield from _chain("network-policy", [_drop(drop) for drop in table.drops if drop.node == node])
    for name, backends in translated:
        yield from _service_chains(name, backends, table.services[name[0]].affinity)
    yield from _node_port_chains(table, node)
    outer = {ip for service in table.services.values() for ip in (*service.external_ips, *service.balancer_ips)}
    yield from _chain(
        "services",
        [
            f"{_service_match(name)} {MASQUERADE + ' ' if name[1] in outer else ''}goto {_chain_name(name)}"
            for name, pods in translated
            if pods
        ]
        + [f"{_end_match(ip, port.protocol, port.number)} {'' if port.local else MASQUERADE + ' '}goto {chain}"
           for ip, port, chain in _node_ports(table, node)],
    )
    # Packets to a service without endpoints or to a port that a service does not have are rejected, those to an address in the
    # service range that no service has are dropped. kube-proxy: pkg/proxy/nftables, cluster-ips-check.
    yield from _chain(
        "untranslated",
        # Without a pod on this node, a traffic policy Local drops.
        [f"ct state new {_service_match(name)} drop" for name, pods in translated if table.services[name[0]].local and not pods]
        + [f"ct state new {_family(ip)} daddr {ip} reject" for ip in addresses]
        + [f"ct state new {_family(net)} daddr {net} drop" for net in SERVICES.values()],
    )
    yield from _chain("prerouting", ["type nat hook prerouting priority dstnat", "jump services"])
    # kube-proxy masquerades calls of processes on the node to a service: they arrive from another port.
    own = [f"{_family(ip)} daddr {ip} {MASQUERADE}" for ip in addresses]
    yield from _chain("output", ["type nat hook output priority -100", *own, "jump services"])
    yield from _chain("forward", ["type filter hook forward priority filter", "jump network-policy", "jump untranslated"])
    yield from _chain("own", ["type filter hook output priority filter", "jump untranslated"])
    yield from _chain("postrouting", ["type nat hook postrouting priority srcnat", *_masquerades(node, translated)])
    yield "}"


def _translations(service, node):
    """((namespace/name, address, protocol, port), [(pod address, target port)]) for each address of a service."""
    for ip in service.addresses:
        only_here = service.local and ip in service.ips
        for port in service.ports:
            pods = [
                (pod.ip6 if ":" in ip else pod.ip, port.target)
                for pod in port.pods
                if not only_here or pod.node == node
            ]
            yield (f"{service.namespace}/{service.name}", ip, port.protocol, port.port), pods


def _chain_name(name):
    service, ip, protocol, port = name
    return f"service-{service}/{protocol}/{port}/{_family(ip)}"


def _service_match(name):
    return _end_match(*name[1:])


def _end_match(ip, protocol, port):
    return f"{_family(ip)} daddr {ip} {protocol} dport {port}"


def _node_ports(table, node):
    """(address of the node, port, chain) for each node port."""
    for service in table.services.values():
        for port in service.node_ports:
            for ip in NODE_ADDRESSES[node]:
                if any(_family(ip) == _family(other) for other in service.ips):
                    yield ip, port, f"node-port-{port.number}/{port.protocol}/{_family(ip)}"


def _node_port_chains(table, node):
    for service in table.services.values():
        for port in service.node_ports:
            served = next(p for p in service.ports if (p.protocol, p.port) == (port.protocol, port.port))
            pods = [pod for pod in served.pods if not port.local or pod.node == node]
            for ip, found, chain in _node_ports(table, node):
                if found == port:
                    backends = [(pod.ip6 if ":" in ip else pod.ip, served.target) for pod in pods]
                    yield from _backend_chains(chain, _family(ip), port.protocol, backends)
                    if not pods:
                        yield from _chain(chain, ["drop"])


def _service_chains(name, backends, affinity):
    yield from _backend_chains(_chain_name(name), _family(name[1]), name[2], backends, affinity)


def _backend_chains(chain, family, protocol, backends, affinity=False):
    targets = []
    for address, port in backends:
        targets.append(f"{chain}/{len(targets)}")
        end = f"[{address}]:{port}" if family == "ip6" else f"{address}:{port}"
        yield from _chain(targets[-1], [f"meta l4proto {protocol} dnat {family} to {end}"])
    if targets:
        choices = ", ".join(f"{index} : goto {target}" for index, target in enumerate(targets))
        choose = f"jhash {family} saddr" if affinity else "numgen random"
        yield from _chain(chain, [f"{choose} mod {len(targets)} vmap {{ {choices} }}"])


def _masquerades(node, translated):
    own = NODES.index(node) + 1
    # A pod that reaches itself through a service must not see its own address as that of the client.
    for pod in sorted({address for _, backends in translated for address, _ in backends}):
        yield f"{_family(pod)} saddr {pod} {_family(pod)} daddr {pod} ct status dnat masquerade"
    yield "meta mark & 0x4000 != 0 masquerade fully-random"
    for net, cluster in ((f"10.244.{own}.0/24", CLUSTER[4]), (f"fd00:10:244:{own}::/64", CLUSTER[6])):
        yield f'oifname "eth0" {_family(net)} saddr {net} {_family(net)} daddr != {cluster} masquerade'


def _drop(drop):
    return (
        f"ip saddr {drop.source.ip} ip daddr {drop.target.ip} meta l4proto {{ tcp, udp }} th dport {drop.port} drop; "
        f"ip6 saddr {drop.source.ip6} ip6 daddr {drop.target.ip6} meta l4proto {{ tcp, udp }} th dport {drop.port} drop"
    )


def _family(address):
    return "ip6" if ipaddress.ip_network(address).version == 6 else "ip"


def _chain(name, rules):
    yield f"  chain {name} {{"
    yield from (f"    {rule};" for rule in rules)
    yield "  }"
