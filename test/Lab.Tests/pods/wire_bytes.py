"""wire_bytes.py ADDRESS PORT SIZE: sends SIZE bytes to an echo server and prints the bytes of IP packets on the wire.

Prints TO-SERVER FROM-SERVER, as the pod's own kernel counted them: retransmissions, acknowledgements and window updates
included. Only over IPv4, and only if the pod has no other connections.

netfilter sees a large segment (GSO) as one packet with one header; on the wire it is several, each with a header. How many
there were is in the kernel's counters: TcpOutSegs and TcpRetransSegs of what was sent (a retransmission is only in the
second), and the packets by ECN mark of what was received. A header has 20 bytes of IP and 32 of TCP: timestamps are its only
option once SACK is off, which this program sees to on its side; the server's side needs net.ipv4.tcp_sack=0 too.
"""

import json
import socket
import subprocess
import sys
import threading
from pathlib import Path

ADDRESS, PORT, SIZE = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
HEADER = 20 + 32
RULES = f"""
add table ip wire
delete table ip wire
table ip wire {{
  chain sent {{ type filter hook output priority 300; ip daddr {ADDRESS} counter; }}
  chain received {{ type filter hook input priority 300; ip saddr {ADDRESS} counter; }}
  chain others {{ type filter hook prerouting priority -400; ip saddr != {ADDRESS} counter; }}
}}
"""


def segments():
    """The packets that this network namespace has sent and received so far, as on the wire, without those of others (IGMP)."""
    while True:
        others, _ = counted("others")
        sent, received = kernel_segments()
        if counted("others")[0] == others:
            return sent, received - others


def kernel_segments():
    values = {}
    for name in ("snmp", "netstat"):
        lines = Path("/proc/net", name).read_text(encoding="ascii").splitlines()
        for names, numbers in zip(lines[::2], lines[1::2]):
            kind = names.split()[0]
            values |= {kind + key: int(value) for key, value in zip(names.split()[1:], numbers.split()[1:])}
    received = sum(values[f"IpExt:{mark}Pkts"] for mark in ("InNoECT", "InECT0", "InECT1", "InCE"))
    return values["Tcp:OutSegs"] + values["Tcp:RetransSegs"], received


def counted(chain):
    """Packets and bytes that netfilter counted."""
    listing = json.loads(subprocess.check_output(["nft", "-j", "list", "chain", "ip", "wire", chain]))
    rule = next(entry["rule"] for entry in listing["nftables"] if "rule" in entry)
    counter = next(expression["counter"] for expression in rule["expr"] if "counter" in expression)
    return counter["packets"], counter["bytes"]


Path("/proc/sys/net/ipv4/tcp_sack").write_text("0\n", encoding="ascii")
subprocess.run(["nft", "-f", "-"], input=RULES, text=True, check=True)
before = segments()
with socket.create_connection((ADDRESS, PORT), timeout=60) as connection:

    def send():
        connection.sendall(b"\0" * SIZE)
        connection.shutdown(socket.SHUT_WR)

    sender = threading.Thread(target=send)
    sender.start()
    echoed = 0
    while data := connection.recv(65536):
        echoed += len(data)
    sender.join()
if echoed != SIZE:
    sys.exit(f"error: {echoed} of {SIZE} bytes came back")
totals = []
for chain, first, last in zip(("sent", "received"), before, segments()):
    packets, octets = counted(chain)
    totals.append(octets + HEADER * (last - first - packets))
print(*totals)
