"""cart.py PORT REDIS REDIS-PORT: an HTTP server that counts each request in Redis, with a connection for each."""

import socket
import socketserver
import sys
from http.server import BaseHTTPRequestHandler

PORT, REDIS = int(sys.argv[1]), (sys.argv[2], int(sys.argv[3]))


def count():
    with socket.create_connection(REDIS, timeout=1) as redis:
        redis.sendall(b"*2\r\n$4\r\nINCR\r\n$5\r\ncarts\r\n")
        return redis.makefile("rb").readline().strip().removeprefix(b":")


class Cart(BaseHTTPRequestHandler):
    def do_GET(self):
        try:
            status, body = 200, b"cart %s\n" % count()
        except OSError as error:
            status, body = 503, f"no redis: {error}\n".encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


# Not the server class of http.server, which looks up the name of this host in the DNS when it starts.
class Server(socketserver.ThreadingTCPServer):
    address_family = socket.AF_INET6  # and IPv4 with it
    allow_reuse_address = True
    daemon_threads = True


Server(("::", PORT), Cart).serve_forever()
