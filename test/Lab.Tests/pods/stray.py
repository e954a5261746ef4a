"""stray.py SOURCE ADDRESS: sends a SYN-ACK and a datagram of a server, which nobody at ADDRESS has asked for.

They are what is still under way to a pod that is gone. Runs on the node, with the server's address as the source.
"""

import socket
import struct
import sys

SOURCE, ADDRESS = (socket.inet_aton(address) for address in sys.argv[1:3])
SERVER_PORT, DNS_PORT, CLIENT_PORT = 8080, 53, 40_001
SYN_ACK = 0x12


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def send(protocol, segment, checksum_at):
    pseudo_header = SOURCE + ADDRESS + struct.pack("!HH", protocol, len(segment))
    sent = bytearray(segment)
    sent[checksum_at:checksum_at + 2] = struct.pack("!H", checksum(pseudo_header + segment))
    # The kernel fills in the length, the identification and the checksum (raw(7)).
    header = struct.pack("!BBHHHBBH", 0x45, 0, 0, 0, 0, 64, protocol, 0) + SOURCE + ADDRESS
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
        raw.sendto(header + sent, (sys.argv[2], 0))


send(socket.IPPROTO_TCP, struct.pack("!HHIIBBHHH", SERVER_PORT, CLIENT_PORT, 500, 101, 5 << 4, SYN_ACK, 64_000, 0, 0), 16)
send(socket.IPPROTO_UDP, struct.pack("!HHHH", DNS_PORT, CLIENT_PORT, 12, 0) + b"late", 6)
