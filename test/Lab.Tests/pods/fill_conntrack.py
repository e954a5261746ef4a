"""fill_conntrack.py: fills the connection-tracking table of this network namespace, and prints how many entries it has.

The entries are assured: the kernel does not replace them by new ones. They are sent by netlink, many in one write, because
`conntrack -R` waits for each of what may be 262,144.
"""

import socket
import struct
from pathlib import Path

NETLINK_NETFILTER, NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_NEW, NFNETLINK_V0 = 12, 1, 0, 0
NLM_F_REQUEST, NLM_F_EXCL, NLM_F_CREATE, NLA_F_NESTED = 0x1, 0x200, 0x400, 0x8000
CTA_TUPLE_ORIG, CTA_TUPLE_REPLY, CTA_STATUS, CTA_TIMEOUT = 1, 2, 3, 7
CTA_TUPLE_IP, CTA_TUPLE_PROTO = 1, 2
CTA_IP_V4_SRC, CTA_IP_V4_DST = 1, 2
CTA_PROTO_NUM, CTA_PROTO_SRC_PORT, CTA_PROTO_DST_PORT = 1, 2, 3
IPS_SEEN_REPLY, IPS_ASSURED, IPS_CONFIRMED = 0x2, 0x4, 0x8
SERVER, SERVER_PORT, PORTS = socket.inet_aton("198.51.100.1"), 9, 60000


def attribute(kind, value):
    return struct.pack("=HH", 4 + len(value), kind) + value + bytes(-len(value) % 4)


def end(kind, source, target, source_port, target_port):
    return attribute(
        kind | NLA_F_NESTED,
        attribute(CTA_TUPLE_IP | NLA_F_NESTED, attribute(CTA_IP_V4_SRC, source) + attribute(CTA_IP_V4_DST, target))
        + attribute(
            CTA_TUPLE_PROTO | NLA_F_NESTED,
            attribute(CTA_PROTO_NUM, bytes([socket.IPPROTO_UDP]))
            + attribute(CTA_PROTO_SRC_PORT, struct.pack("!H", source_port))
            + attribute(CTA_PROTO_DST_PORT, struct.pack("!H", target_port)),
        ),
    )


def entry(number):
    client, port = socket.inet_aton(f"192.0.2.{1 + number // PORTS}"), 1 + number % PORTS
    body = (
        struct.pack("!BBH", socket.AF_INET, NFNETLINK_V0, 0)
        + end(CTA_TUPLE_ORIG, client, SERVER, port, SERVER_PORT)
        + end(CTA_TUPLE_REPLY, SERVER, client, SERVER_PORT, port)
        + attribute(CTA_STATUS, struct.pack("!I", IPS_CONFIRMED | IPS_SEEN_REPLY | IPS_ASSURED))
        + attribute(CTA_TIMEOUT, struct.pack("!I", 600))
    )
    flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL
    return struct.pack("=IHHII", 16 + len(body), NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_NEW, flags, 0, 0) + body


limit = int(Path("/proc/sys/net/netfilter/nf_conntrack_max").read_text())
with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER) as tracker:
    for first in range(0, limit + 1, 500):
        tracker.send(b"".join(map(entry, range(first, min(first + 500, limit + 1)))))
print(Path("/proc/sys/net/netfilter/nf_conntrack_count").read_text().strip())
