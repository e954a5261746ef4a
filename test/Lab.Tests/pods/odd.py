"""odd.py HOW ADDRESS PORT [FROM [COUNT]]: clients that behave in an unusual way. Prints the response.

tcp:  halfclosed  sends a request, closes its sending side, and reads the response a second later
      reset       sends a request, reads the response, and closes by RST (SO_LINGER 0)
      fastopen    sends the request with the SYN (RFC 7413) if the kernel has a cookie of this server
udp:  requests    sends COUNT requests on one socket, each with a response
      elsewhere   sends a request and prints the address that the response comes from
      large       sends COUNT datagrams of 4,000 bytes, each with a response
"""

import socket
import sys
import time

HOW, ADDRESS, PORT = sys.argv[1], sys.argv[2], int(sys.argv[3])
FROM = int(sys.argv[4]) if len(sys.argv) > 4 else 0
COUNT = int(sys.argv[5]) if len(sys.argv) > 5 else 1
FAMILY = socket.AF_INET6 if ":" in ADDRESS else socket.AF_INET
IS_TCP = HOW in ("halfclosed", "reset", "fastopen")

with socket.socket(FAMILY, socket.SOCK_STREAM if IS_TCP else socket.SOCK_DGRAM) as client:
    client.settimeout(5)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    client.bind(("", FROM))
    if HOW == "fastopen":
        client.settimeout(None)  # with a timeout, sendto would not wait
        client.sendto(b"who", socket.MSG_FASTOPEN, (ADDRESS, PORT))
    elif HOW == "elsewhere":
        client.sendto(b"who", (ADDRESS, PORT))
        print(client.recvfrom(2048)[1][0])
        sys.exit()
    else:
        client.connect((ADDRESS, PORT))
    if HOW in ("requests", "large"):
        for _ in range(COUNT):
            client.send(b"x" * (4000 if HOW == "large" else 100))
            response = client.recv(2048)
            time.sleep(0.01)
    else:
        if HOW != "fastopen":
            client.sendall(b"who")
        if HOW == "halfclosed":
            client.shutdown(socket.SHUT_WR)
            time.sleep(1)
        response = client.recv(2048)
        if HOW == "reset":
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    print(response.decode())
