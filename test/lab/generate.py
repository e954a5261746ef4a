"""generate.py TABLE LAB FOLDER: writes the files that `lab up` needs into FOLDER.

    namespaces       a line for each network namespace: its name and its place (POD, node-a, node-b, out)
    links/PLACE      commands for `ip -batch` in that namespace
    nft/NODE         rules for `nft -f`
    etc/POD/         resolv.conf and nsswitch.conf, for /etc/netns
    cluster.hosts    the names of services, for the DNS server
    nodes            the names and first addresses of the nodes
    hosts            a line for each host-network pod: its name, its node and its uid
    servers, clients a line for each program: POD [PROTOCOL PORT] COMMAND
    pods             the list that `lab status` prints
    objects.json     the Kubernetes objects, for the relay
"""

import json
import re
import sys
from datetime import datetime, timezone
from pathlib import Path

import network
from lab_table import NODE_ADDRESSES, NODES, NOWHERE, OUTSIDE, ROUTER, Table, TableError
from objects import kubernetes_list


def main(path, lab, folder):
    table = Table(path)
    pods = [pod for pod in table.pods.values() if not pod.host_network]

    def write(name, lines):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")

    places = ["out", *NODES, *(pod.name for pod in pods)]
    write("namespaces", (f"{network.namespace(lab, place)} {place}" for place in places))
    write("hosts", (f"{pod.name} {pod.node} {pod.uid}" for pod in table.pods.values() if pod.host_network))
    write("nodes", (f"{node} {table.of_families(NODE_ADDRESSES[node])[0]}" for node in NODES))

    def write_links(place, commands):
        write(f"links/{place}", network.without_ipv4(commands) if table.ipv6_only else commands)

    write_links("out", network.outside_links(lab))
    for node in NODES:
        write_links(node, network.node_links(lab, node, pods))
        write(f"nft/{node}", network.ruleset(table, node))
    for pod in pods:
        write_links(pod.name, network.pod_links(pod))
        write(f"etc/{pod.name}/resolv.conf", resolver(table, pod))
        # Only the DNS of the lab resolves names, not the resolver daemon of the machine.
        write(f"etc/{pod.name}/nsswitch.conf", ["passwd: files", "group: files", "hosts: files dns"])
    write("cluster.hosts", (f"{ip} {s.name}.{s.namespace}.svc.cluster.local" for s in table.services.values() for ip in s.ips))

    values = {"hosts": str(folder / "cluster.hosts"), **addresses(table)}
    write("servers", (f"{p.pod.name} {p.protocol} {p.port} {fill(p.command, values)}" for p in table.servers))
    write("clients", (f"{p.pod.name} {fill(p.command, values)}" for p in table.clients))

    objects = kubernetes_list(table, datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"))
    write("objects.json", [json.dumps(objects, indent=4)])
    write("pods", (status_line(table, pod) for pod in table.pods.values()))


def status_line(table, pod):
    ip = "-" if table.ipv6_only else pod.ip
    return f"{pod.name:<10} {pod.node:<8} {ip:<14} {pod.ip6:<20} {pod.namespace} {pod.kind}/{pod.workload}"


def addresses(table):
    """The values of {NAME}, {NAME.v4} and {NAME.v6} for pods, nodes, out, router, nowhere, and services (NAMESPACE/NAME)."""
    pods = {pod.name: (pod.ip, pod.ip6) for pod in table.pods.values()}
    ends = {"out": OUTSIDE, "nowhere": NOWHERE, "router": ROUTER, **NODE_ADDRESSES, **pods}
    values = {}
    for name, (ip, ip6) in ends.items():
        values |= {name: ip, f"{name}.v4": ip, f"{name}.v6": ip6}
    for name, service in table.services.items():
        for ip in service.ips:
            values[f"{name}.v6" if ":" in ip else f"{name}.v4"] = ip
            values.setdefault(name, ip)
    return values


def resolver(table, pod):
    """The resolv.conf of a pod, as the kubelet writes it. Without a cluster DNS it has the pod itself, where no server runs."""
    yield f"nameserver {table.cluster_dns() or '127.0.0.1'}"
    yield f"search {pod.namespace}.svc.cluster.local svc.cluster.local cluster.local"
    yield "options ndots:5"


def fill(command, values):
    """Replaces {WORD} by its value. Other braces are left as they are."""
    return re.sub(r"\{([a-z0-9./-]+)\}", lambda match: values.get(match[1], match[0]), command)


if __name__ == "__main__":
    try:
        main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
    except TableError as error:
        sys.exit(f"error: {error}")
