"""elsewhere.py PORT ADDRESS: a UDP server that always responds from ADDRESS, whatever address the request was sent to."""

import socket
import sys

PORT, ADDRESS = int(sys.argv[1]), sys.argv[2]
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
    server.bind(("", PORT))
    while True:
        request, client = server.recvfrom(2048)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            other.bind((ADDRESS, PORT))
            other.sendto(request, client)
