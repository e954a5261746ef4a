"""answer.py tcp|udp PORT NAME [ADDRESS]: answers each request with NAME, so that a client knows who served it.

Listens on ADDRESS, or on all addresses of both families. TCP: one request a connection, which the server closes, so that
the client's port is free again.
"""

import socket
import sys

PROTOCOL, PORT, NAME = sys.argv[1], int(sys.argv[2]), sys.argv[3].encode()
ADDRESS = sys.argv[4] if len(sys.argv) > 4 else "::"
FAMILY = socket.AF_INET6 if ":" in ADDRESS else socket.AF_INET  # "::" takes IPv4 as well


def serve_udp():
    with socket.socket(FAMILY, socket.SOCK_DGRAM) as server:
        server.bind((ADDRESS, PORT))
        while True:
            try:
                _, client = server.recvfrom(2048)
                server.sendto(NAME, client)
            except OSError:
                pass  # an ICMP error for an earlier answer


def serve_tcp():
    with socket.create_server((ADDRESS, PORT), family=FAMILY, backlog=4096, dualstack_ipv6=ADDRESS == "::") as server:
        while True:
            connection, _ = server.accept()
            with connection:
                try:
                    connection.settimeout(5)
                    if connection.recv(2048):
                        connection.sendall(NAME)
                except OSError:
                    pass  # the client is gone


serve_udp() if PROTOCOL == "udp" else serve_tcp()
