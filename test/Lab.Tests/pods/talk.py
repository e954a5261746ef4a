"""talk.py ADDRESS PORT FROM SECONDS INTERVAL: one TCP connection to an echo server, with a request at each interval.

Prints the number of responses and the longest time that one took, in milliseconds. Exit code 1 if one was wrong.
"""

import socket
import sys
import time

ADDRESS, PORT, FROM = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
SECONDS, INTERVAL = float(sys.argv[4]), float(sys.argv[5])

responses, longest = 0, 0.0
end = time.monotonic() + SECONDS
with socket.create_connection((ADDRESS, PORT), timeout=3, source_address=("", FROM)) as connection:
    while (sent := time.monotonic()) < end:
        connection.sendall(b"hello\n")
        if connection.recv(16) != b"hello\n":
            sys.exit("error: the connection broke")
        longest = max(longest, time.monotonic() - sent)
        responses += 1
        time.sleep(INTERVAL)
print(responses, round(longest * 1000))
