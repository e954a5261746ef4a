"""talk.py ADDRESS PORT FROM SECONDS EVERY: one long TCP connection with a request every EVERY seconds, echoed back.

Prints how many requests were answered, and what the longest answer took in milliseconds; exit 1 when one failed.
"""

import socket
import sys
import time

ADDRESS, PORT, FROM = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
SECONDS, EVERY = float(sys.argv[4]), float(sys.argv[5])

answered, longest = 0, 0.0
end = time.monotonic() + SECONDS
with socket.create_connection((ADDRESS, PORT), timeout=3, source_address=("", FROM)) as connection:
    while (asked := time.monotonic()) < end:
        connection.sendall(b"hello\n")
        if connection.recv(16) != b"hello\n":
            sys.exit("error: the connection broke")
        longest = max(longest, time.monotonic() - asked)
        answered += 1
        time.sleep(EVERY)
print(answered, round(longest * 1000))
