"""call.py tcp|udp|say ADDRESS PORT FIRST COUNT RATE [PATIENCE]: COUNT requests, RATE a second, from the ports FIRST on.

Each is a connection or a conversation of its own; FIRST 0 leaves the ports to the kernel. Prints a line for each, PORT and who answered, or what went wrong;
with say, which waits for no answer, only PORT. PATIENCE (2) is in seconds.
"""

import errno
import multiprocessing
import socket
import sys
import time

PROTOCOL, ADDRESS = sys.argv[1], sys.argv[2]
PORT, FIRST, COUNT, RATE = (int(word) for word in sys.argv[3:7])
PATIENCE = float(sys.argv[7]) if len(sys.argv) > 7 else 2
FAMILY = socket.AF_INET6 if ":" in ADDRESS else socket.AF_INET
WORKERS = 2 if COUNT > 100 else 1


def call(port):
    kind = socket.SOCK_STREAM if PROTOCOL == "tcp" else socket.SOCK_DGRAM
    with socket.socket(FAMILY, kind) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        client.settimeout(PATIENCE)
        client.bind(("", port))
        try:
            client.connect((ADDRESS, PORT))
            client.sendall(b"who")
            if PROTOCOL == "say":
                return ""
            answer = client.recv(2048).decode()
            if PROTOCOL == "tcp":
                client.recv(1)  # until the server has closed
            return answer
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
