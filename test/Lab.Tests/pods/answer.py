"""answer.py tcp|udp PORT NAME: answers each request with NAME, so that a client knows who served it.

TCP: one request a connection, which the server closes, so that the client's port is free again.
"""

import socket
import sys

PROTOCOL, PORT, NAME = sys.argv[1], int(sys.argv[2]), sys.argv[3].encode()


def serve_udp():
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as server:  # and IPv4 with it
        server.bind(("::", PORT))
        while True:
            _, client = server.recvfrom(2048)
            server.sendto(NAME, client)


def serve_tcp():
    with socket.create_server(("::", PORT), family=socket.AF_INET6, backlog=4096, dualstack_ipv6=True) as server:
        while True:
            connection, _ = server.accept()
            with connection:
                try:
                    connection.settimeout(2)
                    if connection.recv(2048):
                        connection.sendall(NAME)
                except OSError:
                    pass  # the client went away


serve_udp() if PROTOCOL == "udp" else serve_tcp()
