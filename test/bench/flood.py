"""flood.py ADDRESS COUNT RATE: one UDP datagram from each of COUNT pairs of ports, RATE a second, to ports that nobody serves."""

import socket
import sys
import time

address, count, rate = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
FIRST, PER_TARGET = 2_000, 50_000
began = time.monotonic()
for number in range(count):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.bind(("", FIRST + number % PER_TARGET))
        sender.sendto(b"x", (address, 1000 + number // PER_TARGET))
    if number % 100 == 0:
        time.sleep(max(0, began + number / rate - time.monotonic()))
print(count)
