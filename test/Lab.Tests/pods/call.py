"""call.py tcp|udp|say ADDRESS PORT FIRST COUNT RATE [TIMEOUT]: COUNT calls, RATE a second, from port FIRST on.

Each call is a connection or conversation of its own; with FIRST 0 the kernel chooses the ports. Prints a line for each: its
port and the response, or the error. "say" sends a datagram without waiting for a response, and prints only its port.
TIMEOUT is in seconds (default 5).
"""

import errno
import multiprocessing
import socket
import sys
import time

PROTOCOL, ADDRESS = sys.argv[1], sys.argv[2]
PORT, FIRST, COUNT, RATE = (int(word) for word in sys.argv[3:7])
TIMEOUT = float(sys.argv[7]) if len(sys.argv) > 7 else 5
FAMILY = socket.AF_INET6 if ":" in ADDRESS else socket.AF_INET
WORKERS = 2 if COUNT > 100 else 1


def call(port):
    kind = socket.SOCK_STREAM if PROTOCOL == "tcp" else socket.SOCK_DGRAM
    with socket.socket(FAMILY, kind) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        client.settimeout(TIMEOUT)
        client.bind(("", port))
        try:
            client.connect((ADDRESS, PORT))
            client.sendall(b"who")
            if PROTOCOL == "say":
                return ""
            response = client.recv(2048).decode()
            if PROTOCOL == "tcp":
                client.recv(1)  # until the server has closed
            return response
        except TimeoutError:
            return "TIMEOUT"
        except OSError as error:
            return errno.errorcode.get(error.errno, str(error))


def worker(number, start):
    lines = []
    for i in range(number, COUNT, WORKERS):
        ahead = start + i / RATE - time.monotonic()
        if ahead > 0:
            time.sleep(ahead)
        port = FIRST + i if FIRST else 0
        lines.append(f"{port} {call(port)}".rstrip())
    return lines


if WORKERS == 1:
    results = [worker(0, time.monotonic())]
else:
    with multiprocessing.Pool(WORKERS) as pool:
        begin = time.monotonic() + 0.1
        results = pool.starmap(worker, [(number, begin) for number in range(WORKERS)])
        print(f"{COUNT / (time.monotonic() - begin):.0f} a second", file=sys.stderr)
print("\n".join(line for lines in results for line in lines))
