"""An HTTP/1.1 client that sends exactly the octets that a test gives it."""

import socket


class Response:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def get(self, name):
        values = self.all(name)
        return values[0] if values else None

    def all(self, name):
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def __repr__(self):
        return f"{self.status} {self.headers} {self.body[:200]!r}"


class Connection:
    def __init__(self, port, timeout=20):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        self.file = self.socket.makefile("rb")

    def send(self, path, headers=(), method="GET", body=b"", close=False, host="localhost"):
        """`headers`: pairs of text or octets."""
        lines = [f"{method} {path} HTTP/1.1".encode(), b"Host: " + host.encode()]
        for name, value in headers:
            lines.append(octets(name) + b": " + octets(value))
        if body:
            lines.append(b"Content-Length: %d" % len(body))
        if close:
            lines.append(b"Connection: close")
        self.socket.sendall(b"\r\n".join(lines) + b"\r\n\r\n" + body)

    def receive(self, head=False):
        status = self.file.readline()
        if not status:
            raise ConnectionError("the connection was closed without an answer")
        status = int(status.split()[1])
        headers = []
        while True:
            line = self.file.readline().rstrip(b"\r\n")
            if not line:
                break
            name, _, value = line.partition(b":")
            headers.append((name.decode(), value.strip().decode("latin-1")))
        response = Response(status, headers, b"")
        if head or status in (204, 304) or status < 200:
            return response
        length = response.get("Content-Length")
        if length is not None:
            response.body = self.file.read(int(length))
        elif (response.get("Transfer-Encoding") or "").lower() == "chunked":
            while True:
                size = int(self.file.readline(), 16)
                response.body += self.file.read(size)
                self.file.readline()
                if size == 0:
                    break
        else:
            response.body = self.file.read()
        return response

    def get(self, path, headers=(), **more):
        self.send(path, headers, **more)
        return self.receive(head=more.get("method") == "HEAD")

    def close(self):
        self.file.close()
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def octets(text):
    return text if isinstance(text, bytes) else text.encode("latin-1")


def get(port, path, headers=(), **more):
    with Connection(port) as connection:
        return connection.get(path, headers, close=True, **more)


def bearer(token):
    return [("Authorization", "Bearer " + token)]
