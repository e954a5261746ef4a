"""open_both.py NETNS ADDRESS OTHER_NETNS OTHER_ADDRESS PORT COMMAND...: a simultaneous open (RFC 9293 3.5).

One socket in each network namespace connects to the other, both from and to PORT. COMMAND lets their SYNs pass, which
something must hold until then. One process makes both, so that the time between the SYNs does not depend on how soon
processes start. Prints what each side receives.
"""

import ctypes
import errno
import os
import select
import socket
import subprocess
import sys

CLONE_NEWNET = 0x40000000
LIBC = ctypes.CDLL(None, use_errno=True)


def enter(namespace):
    if LIBC.setns(namespace.fileno(), CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def bound(name):
    with open("/proc/self/ns/net", "rb") as own, open(f"/run/netns/{name}", "rb") as namespace:
        enter(namespace)
        client = socket.socket()
        client.setblocking(False)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        client.bind(("", PORT))
        enter(own)
    return client


FIRST, FIRST_ADDRESS, SECOND, SECOND_ADDRESS, PORT = *sys.argv[1:5], int(sys.argv[5])
sides = [(bound(FIRST), SECOND_ADDRESS), (bound(SECOND), FIRST_ADDRESS)]
for side, peer in sides:
    error = side.connect_ex((peer, PORT))
    if error != errno.EINPROGRESS:
        raise OSError(error, os.strerror(error), peer)
subprocess.run(sys.argv[6:], check=True)

for side, _ in sides:
    select.select([], [side], [], 10)
    side.setblocking(True)
    side.settimeout(5)
    side.sendall(b"who")
for side, _ in sides:
    print(side.recv(2048).decode())
    side.close()
