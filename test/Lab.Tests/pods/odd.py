"""odd.py HOW ADDRESS PORT [FROM [COUNT]]: what few clients do. Prints what was answered.

tcp:  halfclosed  asks, closes its sending side, and reads the answer a second later
      reset       asks, reads the answer, and closes by RST (SO_LINGER 0)
      both        asks who opens a connection to FROM, at the same time (RFC 9293 3.5), and answers
      fastopen    asks with the SYN (RFC 7413), where the kernel has a cookie of this server
udp:  requests    COUNT requests on one socket, each answered
      elsewhere   a request that another address of the server answers
      large       COUNT datagrams of 4,000 bytes, each answered
"""

import socket
import sys
import time

HOW, ADDRESS, PORT = sys.argv[1], sys.argv[2], int(sys.argv[3])
FROM = int(sys.argv[4]) if len(sys.argv) > 4 else 0
COUNT = int(sys.argv[5]) if len(sys.argv) > 5 else 1
FAMILY = socket.AF_INET6 if ":" in ADDRESS else socket.AF_INET
IS_TCP = HOW in ("halfclosed", "reset", "both", "fastopen")

with socket.socket(FAMILY, socket.SOCK_STREAM if IS_TCP else socket.SOCK_DGRAM) as client:
    client.settimeout(3)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    client.bind(("", FROM))
    if HOW == "fastopen":
        client.settimeout(None)  # a socket with a time-out does not wait in sendto
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
            answer = client.recv(2048)
            time.sleep(0.01)
    else:
        if HOW != "fastopen":
            client.sendall(b"who")
        if HOW == "halfclosed":
            client.shutdown(socket.SHUT_WR)
            time.sleep(1)
        answer = client.recv(2048)
        if HOW == "reset":
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    print(answer.decode())
