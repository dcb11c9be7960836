"""Requests without header lines, and requests that nginx ends before it has read all of them: HTTP/0.9, what "error_page"
and "post_action" send on. The module takes nothing for granted that nginx makes while it reads header lines."""

import json
import socket

from client import get
from echo import Echo
from nginx import Nginx
from service import Service
from support import free_port
from test_fetch import fetch

LOCATIONS = """
        large_client_header_buffers 4 4k;
        tesseral_token $arg_token;
        location /on {{ tesseral_auth on; proxy_pass {echo}; }}
        location /optional {{ tesseral_auth optional; proxy_pass {echo}; }}
        location /report {{ tesseral_auth report; proxy_pass {echo}; }}
        location /claims {{ tesseral_auth on; tesseral_pass_identity claims; proxy_pass {echo}; }}
        location /stripped {{ tesseral_auth on; tesseral_pass_credentials off; proxy_pass {echo}; }}
        location /redirected {{ tesseral_auth on; try_files /- /on/again?$args; }}
        location /named {{ tesseral_auth on; try_files /- @named; }}
        location @named {{ tesseral_auth on; proxy_pass {echo}; }}
        location /fetched {{ tesseral_auth on; tesseral_config_request /keys; proxy_pass {echo}; }}
        location /key {{ tesseral_auth on; tesseral_api_keys /lookup; proxy_pass {echo}; }}
        location /after {{ tesseral_auth on; tesseral_token $given; proxy_pass {echo}; }}
        location = /metrics {{ tesseral_metrics; }}
        location = /ready {{ tesseral_ready; }}
        location = /lookup {{
            internal;
            proxy_pass https://{host}/v1/api-keys/authenticate;
            proxy_set_header Authorization "Bearer {backend}";
            proxy_ssl_verify on;
            proxy_ssl_trusted_certificate {ca};
            proxy_ssl_server_name on;
            proxy_ssl_name localhost;
            proxy_ignore_client_abort on;
        }}
        {fetch}
"""

SERVERS = """
    tesseral_snapshot {dir}/keys;
    map "" $given {{ default {token}; }}
    server {{
        listen 127.0.0.1:{port};
        error_page 400 405 414 494 505 /on/page?token={token};
""" + LOCATIONS + """
    }}
    server {{
        listen 127.0.0.1:{open};
        tesseral_strip_identity off;
""" + LOCATIONS + """
    }}
    server {{
        listen 127.0.0.1:{left};
        client_header_timeout 300ms;
        tesseral_auth on;
        post_action /after;
""" + LOCATIONS + """
    }}
"""


def start(service, echo, **names):
    nginx = Nginx(SERVERS, files={"keys": service.document()}, open=free_port(), left=free_port(),
                  echo=f"http://127.0.0.1:{echo.port}", host=service.host, backend=service.backendApiKey,
                  ca=service.caFile, fetch=fetch(service), **names)
    nginx.secrets = [service.apiKey, service.backendApiKey]
    return nginx


def port_of(nginx, number):
    lines = [line for line in (nginx.dir / "nginx.conf").read_text().splitlines() if line.strip().startswith("listen")]
    return int(lines[number].split(":")[1].split(";")[0])


def raw(port, octets):
    """What comes back until the connection is closed: of HTTP/0.9, the body alone."""
    with socket.create_connection(("127.0.0.1", port), 20) as connection:
        connection.sendall(octets if isinstance(octets, bytes) else octets.encode())
        answer = b""
        while True:
            part = connection.recv(65536)
            if not part:
                return answer
            answer += part


def test_http_0_9():
    """A request line without a version has no headers after it, and no list that they would be in."""
    with Service("--tls") as service, Echo() as echo, start(service, echo, token="none") as nginx:
        token, (worker,) = service.token(), nginx.pids()
        ran = 0
        for port in [nginx.port, port_of(nginx, 1)]:
            for path in ["/on", "/optional", "/report", "/claims", "/stripped", "/redirected", "/named", "/fetched",
                         "/key"]:
                for again in range(2):
                    credential = service.apiKey if path == "/key" else token
                    answer = raw(port, f"GET {path}?token={credential}\r\n")
                    assert answer, (path, nginx.pids(), worker)
                    upstream = {name.lower(): value for name, value in json.loads(answer)["headers"]}
                    assert upstream["x-tesseral-project-id"] == service.projectId, (path, upstream)
                    assert upstream["x-tesseral-credentials-type"] == ("api_key" if path == "/key" else "access_token")
                    assert ("x-tesseral-claims" in upstream) == (path == "/claims"), (path, upstream)
                    ran += 1
            for path in ["/on", "/claims", "/stripped", "/named", "/fetched", "/key"]:
                assert b"401" in raw(port, f"GET {path}\r\n")
                assert b"401" in raw(port, f"GET {path}?token=a.b.c\r\n")
                ran += 2
            assert b"x-tesseral-" not in raw(port, "GET /optional?token=a.b.c\r\n").lower()
            assert b"tesseral_requests_total" in raw(port, "GET /metrics\r\n")
            assert b'no keys from "/keys"' in raw(port, "GET /ready\r\n"), "the last server has fetched none"
            ran += 3
        assert nginx.pids() == [worker]
        return ran


LONG = "x" * 5000

# What nginx refuses while it reads: in the request line, or after some of the header lines.
REFUSED = [
    "GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n",
    "/ HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /../.. HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET http:// HTTP/1.1\r\n\r\n",
    "GET http://a..b/on HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET / HTTP/9.9\r\nHost: a\r\n\r\n",
    f"GET /{LONG} HTTP/1.1\r\nHost: a\r\n\r\n",
    f"GET /{LONG}\r\n",
    "GET /%00\r\n",
    "GET /on HTTP/1.1\r\n\r\n",
    "GET /on HTTP/1.1\r\nHost: a..b\r\n\r\n",
    "GET /on HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    f"GET /on HTTP/1.1\r\nHost: a\r\nX: {LONG}\r\n\r\n",
    "GET /on HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
    "GET /on HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: x\r\n\r\n",
    "TRACE /on HTTP/1.1\r\nHost: a\r\n\r\n",
]


def test_refused_while_read():
    """Sent on to a protected location with a good token, each has an answer from the same worker."""
    with Service("--tls") as service, Echo() as echo:
        with start(service, echo, token=service.token(lifetime=3600)) as nginx:
            (worker,) = nginx.pids()
            for octets in REFUSED:
                answer = raw(nginx.port, octets)
                assert answer, (octets[:60], nginx.pids(), worker)
                assert nginx.pids() == [worker], octets[:60]
            assert get(nginx.port, "/on").status == 401
            return len(REFUSED)


# How far a client gets that goes away or says no more.
LEFT = ["", "GET", "GET /on?token={token}", "GET /on?token={token} HTTP/1.1\r\n",
        "GET /on?token={token} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\nX:"]


def test_left_while_read():
    """The log is written, and "post_action" done, of a request that ends anywhere."""
    with Service("--tls") as service, Echo() as echo:
        token = service.token(lifetime=3600)
        with start(service, echo, token=token) as nginx:
            (worker,) = nginx.pids()
            port = port_of(nginx, 2)
            for octets in LEFT:
                with socket.create_connection(("127.0.0.1", port), 20) as connection:
                    connection.sendall(octets.format(token=token).encode())
                    connection.shutdown(socket.SHUT_WR)
                    assert connection.recv(100) == b""
                assert raw(port, octets.format(token=token)) == b""
                assert nginx.pids() == [worker], octets
            return 2 * len(LEFT)
