"""An upstream that answers with the header lines that it got, as JSON pairs in their order."""

import json
import socketserver
import threading


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        request = self.rfile.readline().decode("latin-1").split()
        if len(request) < 2:
            return
        headers = []
        while True:
            line = self.rfile.readline().rstrip(b"\r\n").decode("latin-1")
            if not line:
                break
            name, _, value = line.partition(":")
            headers.append([name, value.strip()])
        lower = {name.lower(): value for name, value in headers}
        if lower.get("upgrade") == "websocket":
            self.wfile.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n")
            self.wfile.write(self.rfile.readline())
            return
        self.rfile.read(int(lower.get("content-length", 0)))
        self.server.got.append((request[1], [(name.lower(), value) for name, value in headers]))
        body = json.dumps({"method": request[0], "target": request[1], "headers": headers}).encode()
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
                         b"Content-Length: %d\r\n\r\n" % len(body) + body)


class Echo(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        # For each request: its target and its header lines.
        self.got = []
        self.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


def seen(response):
    """The pairs that the upstream got, their names in lower case."""
    assert response.status == 200, response
    return [(name.lower(), value) for name, value in json.loads(response.body)["headers"]]
