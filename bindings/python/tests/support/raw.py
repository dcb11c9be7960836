"""Requests with a target as it is, for applications in this process and for servers."""

from __future__ import annotations

import asyncio
import io
import json
import socket
from typing import Any, NamedTuple, Optional
from urllib.parse import unquote, unquote_to_bytes


class Response(NamedTuple):
    """What an application or a server has answered; 101 is an accepted handshake, its body the reason of the close."""

    status: int
    fields: dict[str, str]
    body: bytes

    def view(self) -> Answer:
        """What the views of ``routes.py`` tell."""
        try:
            name, sender = json.loads(self.body)
        except ValueError:
            return self.status, None, None
        return self.status, name, sender


Answer = tuple[int, Optional[str], Optional[str]]
"""Status, the name of the view that was reached, and the sender that the view sees."""


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"} if token else {}


def wsgi_response(app: Any, target: str, fields: dict[str, str], script_name: str = "") -> Response:
    """Under WSGI, with the environ that a server makes."""
    path, _, query = target.partition("?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": script_name,
        "PATH_INFO": unquote_to_bytes(path).decode("latin1"),
        "QUERY_STRING": query,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "localhost",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": io.StringIO(),
        **{f"HTTP_{name.upper()}": value for name, value in fields.items()},
    }
    return wsgi_response_to(app, environ)


def wsgi_response_to(app: Any, environ: dict[str, Any]) -> Response:
    started: list[tuple[str, Any]] = []
    body = app(environ, lambda status, headers, *_: started.append((status, headers)))
    try:
        octets = b"".join(body)
    finally:
        getattr(body, "close", lambda: None)()
    status, headers = started[-1]
    return Response(int(status.split()[0]), {name.lower(): value for name, value in headers}, octets)


def asgi_response(
    app: Any, target: str, fields: dict[str, str], root_path: str = "", kind: str = "http"
) -> Response:
    """Under ASGI, with the scope that a server makes."""
    path, _, query = target.partition("?")
    scope = {
        "type": kind,
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "scheme": "http" if kind == "http" else "ws",
        "method": "GET",
        "path": root_path + unquote(path),
        "raw_path": root_path.encode() + path.encode(),
        "root_path": root_path,
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in {"host": "localhost", **fields}.items()],
        "server": ("localhost", 80),
        "client": ("127.0.0.1", 1),
        "extensions": {"websocket.http.response": {}},
    }
    return asyncio.run(asgi_response_to(app, scope))


async def asgi_response_to(app: Any, scope: dict[str, Any]) -> Response:
    sent: list[Any] = []
    opening = [{"type": "http.request" if scope["type"] == "http" else "websocket.connect"}]

    async def receive() -> Any:
        if opening:
            return opening.pop()
        await asyncio.sleep(3600)

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    first = sent[0]
    if first["type"] == "websocket.accept":
        return Response(101, {}, sent[-1]["reason"].encode())
    if first["type"] == "websocket.close":
        return Response(403, {}, b"")
    answered = {name.decode().lower(): value.decode() for name, value in first["headers"]}
    return Response(first["status"], answered, b"".join(message.get("body", b"") for message in sent))


def server_response(address: str, host: str, target: str, fields: dict[str, str]) -> Response:
    """By HTTP, on a connection of its own, since servers close those of odd requests. HTTP/1.0 has no chunks in bodies."""
    name, port = address.split(":")
    lines = [f"GET {target} HTTP/1.0", f"Host: {host}", *(f"{field}: {value}" for field, value in fields.items()), "", ""]
    with socket.create_connection((name, int(port)), timeout=20) as connection:
        connection.sendall("\r\n".join(lines).encode("latin1"))
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = received.partition(b"\r\n\r\n")
    answered = dict(line.lower().split(": ", 1) for line in head.decode("latin1").split("\r\n")[1:])
    return Response(int(head.split()[1]), answered, body)
