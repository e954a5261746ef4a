"""hold.py tcp|udp ADDRESS PORT FROM FILE: one connection or conversation, from port FROM, for as long as FILE exists.

Sends a request every 0.1 s and reads the response. Goes on when no response comes, and ends when the connection breaks.
"""

import socket
import sys
import time
from pathlib import Path

PROTOCOL, ADDRESS, PORT, FROM, FILE = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), Path(sys.argv[5])
FAMILY = socket.AF_INET6 if ":" in ADDRESS else socket.AF_INET

with socket.socket(FAMILY, socket.SOCK_STREAM if PROTOCOL == "tcp" else socket.SOCK_DGRAM) as client:
    client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    client.settimeout(0.5)
    client.bind(("", FROM))
    client.connect((ADDRESS, PORT))
    while FILE.exists():
        try:
            client.sendall(b"hello\n")
            if not client.recv(2048):
                break
        except TimeoutError:
            continue
        except OSError:
            break
        time.sleep(0.1)
