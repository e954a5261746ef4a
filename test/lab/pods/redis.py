"""redis.py PORT: a subset of Redis for the shop: PING, GET and INCR in its protocol (RESP), kept in memory."""

import socket
import socketserver
import sys
import threading

counters, lock = {}, threading.Lock()


def answer(command):
    name, *arguments = command
    with lock:
        if name == b"PING":
            return b"+PONG\r\n"
        if name == b"GET" and len(arguments) == 1:
            value = str(counters.get(arguments[0], 0)).encode()
            return b"$%d\r\n%s\r\n" % (len(value), value)
        if name == b"INCR" and len(arguments) == 1:
            counters[arguments[0]] = counters.get(arguments[0], 0) + 1
            return b":%d\r\n" % counters[arguments[0]]
    return b"-ERR unknown command\r\n"


class Session(socketserver.StreamRequestHandler):
    def handle(self):
        # A command is an array of bulk strings: *COUNT, then $LENGTH and the bytes for each.
        while (line := self.rfile.readline()).startswith(b"*"):
            command = []
            for _ in range(int(line[1:])):
                length = int(self.rfile.readline()[1:])
                command.append(self.rfile.read(length + 2)[:length])
            self.wfile.write(answer(command))


class Server(socketserver.ThreadingTCPServer):
    address_family = socket.AF_INET6  # and IPv4 with it
    allow_reuse_address = True
    daemon_threads = True


Server(("::", int(sys.argv[1])), Session).serve_forever()
