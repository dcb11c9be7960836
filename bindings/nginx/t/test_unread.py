"""Requests without header lines, and requests that nginx ends before it has read all of them: HTTP/0.9, what "error_page"
and "post_action" send on. The module takes nothing for granted that nginx makes while it reads header lines."""

import json
import socket
import subprocess

from client import bearer, get
from echo import Echo
from nginx import Nginx
from service import Service
from support import free_port, wait_for
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
        error_page 400 405 414 494 501 505 /on/page?token={token};
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
    return int(lines[number].split(":")[1].split(";")[0].split()[0])


def raw(port, octets):
    """All octets until nginx closes the connection; with HTTP/0.9, the body alone."""
    with socket.create_connection(("127.0.0.1", port), 20) as connection:
        connection.sendall(octets if isinstance(octets, bytes) else octets.encode())
        answer = b""
        while True:
            part = connection.recv(65536)
            if not part:
                return answer
            answer += part


def test_http_0_9():
    """After a request line without a version there are no headers, and nginx makes no list for them."""
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
            assert raw(port, "GET /ready\r\n") == b"ready\n"
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
    """nginx sends each on to a protected location; the same worker answers all of them."""
    with Service("--tls") as service, Echo() as echo:
        with start(service, echo, token=service.token(lifetime=3600)) as nginx:
            (worker,) = nginx.pids()
            for octets in REFUSED:
                answer = raw(nginx.port, octets)
                assert answer, (octets[:60], nginx.pids(), worker)
                assert nginx.pids() == [worker], octets[:60]
            assert get(nginx.port, "/on").status == 401
            return len(REFUSED)


# How much a client sends before it goes away or falls silent.
LEFT = ["", "GET", "GET /on?token={token}", "GET /on?token={token} HTTP/1.1\r\n",
        "GET /on?token={token} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\nX:"]


def test_left_while_read():
    """A request may end at any point: the log is written, and "post_action" runs."""
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


# A server that sends what nginx has refused on to a location in each mode; `token` may name a variable with a good one.
PAGE = """
    tesseral_snapshot {dir}/keys;
    map "" $given {{ default {given}; }}
    limit_req_zone $server_port zone=none:1m rate=1r/m;
    limit_conn_zone $server_port zone=none_at_once:1m;
    server {{
        listen 127.0.0.1:{port};
        listen 127.0.0.1:{http2} http2;
        listen 127.0.0.1:{tls} ssl;
        ssl_certificate {dir}/certificate;
        ssl_certificate_key {dir}/key;
        large_client_header_buffers 4 4k;
        tesseral_auth on;
        {token}
        error_page 400 405 414 494 497 501 505 = /page/;
        add_header X-Error $tesseral_error always;
        add_header X-User $tesseral_user_id always;
        location / {{ proxy_pass {echo}; }}
        location /page/ {{ tesseral_auth {mode}; proxy_pass {echo}; }}
        location /denied {{ return 403; }}
        location /found {{ tesseral_auth off; error_page 404 = @found; }}
        location @found {{ proxy_pass {echo}; }}
        location /busy {{ limit_conn none_at_once 9; limit_req zone=none; error_page 503 =200 @busy; try_files /- =204; }}
        location @busy {{ return 200 "busy"; }}
        location /other {{ error_page 403 =200 /calm/; if ($uri) {{ return 403; }} }}
        location /calm/ {{ return 204; }}
    }}
"""


def start_page(service, echo, token, mode, directive=""):
    nginx = Nginx(PAGE, files={"keys": service.document()}, echo=f"http://127.0.0.1:{echo.port}", mode=mode,
                  token=directive, given=token, http2=free_port(), tls=free_port())
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                    "/CN=localhost", "-keyout", nginx.dir / "key", "-out", nginx.dir / "certificate"],
                   check=True, capture_output=True)
    nginx.secrets = [token]
    return nginx


# Refused by every nginx, when it has read good credentials.
GOOD = "Host: a\r\nAuthorization: Bearer {token}\r\nCookie: {cookie}={token}\r\n"
AFTER = [
    "GET / HTTP/1.1\r\n" + GOOD + "Host: b\r\n\r\n",
    "GET / HTTP/1.1\r\n" + GOOD[len("Host: a\r\n"):] + "Host: a..b\r\n\r\n",
    "GET / HTTP/1.1\r\n" + GOOD[len("Host: a\r\n"):] + "\r\n",
    "GET / HTTP/1.1\r\n" + GOOD + f"X: {LONG}\r\n\r\n",
    "GET / HTTP/1.1\r\n" + GOOD + "Content-Length: x\r\n\r\n",
    "GET / HTTP/1.1\r\n" + GOOD + "Transfer-Encoding: x\r\n\r\n",
    "GET / HTTP/1.1\r\n" + GOOD + "X: \0\r\n\r\n",
    "TRACE / HTTP/1.1\r\n" + GOOD + "\r\n",
]

# The same over HTTP/2, after fields that are good.
FIELDS = [("Upper-Case", "x"), ("authorization", "Basic x"), (":method", "GET"), ("host", "b"), ("content-length", "x"),
          ("x", LONG)]


def http2(port, fields):
    """The frames that come back for a request of those fields."""
    block = b"".join(b"\0" + b"".join(integer(len(text)) + text.encode() for text in pair) for pair in fields)
    with socket.create_connection(("127.0.0.1", port), 20) as connection:
        connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0]))
        connection.sendall(len(block).to_bytes(3, "big") + bytes([1, 5, 0, 0, 0, 1]) + block)
        file, answer = connection.makefile("rb"), b""
        while len(head := file.read(9)) == 9:
            payload = file.read(int.from_bytes(head[:3], "big"))
            kind, flags, stream = head[3], head[4], int.from_bytes(head[5:], "big")
            answer += payload
            if stream == 1 and (kind == 3 or kind < 2 and flags & 1):
                break
        return answer


def integer(number):
    """Of a literal's length, with a prefix of 7 bits (RFC 7541, section 5.1)."""
    if number < 127:
        return bytes([number])
    octets, number = b"\x7f", number - 127
    while number >= 128:
        octets, number = octets + bytes([number % 128 + 128]), number // 128
    return octets + bytes([number])


def logged(nginx, before):
    """Status, $tesseral_error and organization of what was logged after so many lines."""
    wait_for("a line in the log", lambda: len(nginx.access_log()) > before)
    return [line[:3] for line in nginx.access_log()[before:]]


def test_refused_is_nobody():
    """Good credentials, in a header or elsewhere, in a request that nginx refused: no identity, and nothing says ok."""
    with Service() as service, Echo() as echo:
        token, ran = service.token(lifetime=3600), 0
        for mode, directive in [("on", ""), ("optional", ""), ("report", ""), ("off", ""), ("on", "tesseral_token $given;"),
                                ("optional", "tesseral_token $given;")]:
            with start_page(service, echo, token, mode, directive) as nginx:
                good = (":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "a"), (
                    "authorization", "Bearer " + token)
                named = {"token": token, "cookie": service.cookieName}
                requests = [(raw, 0, octets.format(**named)) for octets in AFTER + REFUSED]
                requests += [(raw, 2, ("GET / HTTP/1.1\r\n" + GOOD + "\r\n").format(**named))]
                requests += [(http2, 1, good + (field,)) for field in FIELDS]
                for ask, listener, request in requests:
                    before = len(nginx.access_log())
                    answer = ask(port_of(nginx, listener), request)
                    what = mode, directive, str(request)[-60:], answer
                    assert b"x-tesseral-" not in answer.lower() and b"X-User" not in answer, what
                    assert ask is http2 or (b"401 " in answer) == (mode == "on"), what
                    for status, error, organization in logged(nginx, before):
                        assert error in ["-", "credentials_unrecognized"] and organization == "-", what
                        assert status == "401" or mode != "on" or ask is http2, (what, status)
                    ran += 1
        return ran


def test_several_headers():
    """nginx refuses two Authorization headers, so such a request has no sender; all Cookie headers are read."""
    with Service() as service, Echo() as echo:
        token, name, ran = service.token(lifetime=3600), service.cookieName, 0
        good, other = "Bearer " + token, "Bearer " + service.token(user=7)
        for mode in ["on", "optional"]:
            with start_page(service, echo, token, mode) as nginx:
                for values in [(good, good), (good, other), (good, "Basic x"), ("Basic x", good), ("", good)]:
                    for cookie in [[], [("Cookie", f"{name}={token}")]]:
                        headers = [("Authorization", value) for value in values] + cookie
                        for path in ["/", "/page/"]:
                            response = get(nginx.port, path, headers)
                            assert response.get("X-Error") == "credentials_unrecognized", (values, path, response)
                            assert not response.get("X-User") and b"x-tesseral-" not in response.body.lower(), response
                            assert response.status == 401 or mode == "optional", response
                            ran += 1
                for cookies in [["a=1", f"{name}={token}"], [f"{name}={token}", "a=1"],
                                ["a=1", "b=2", f"c=3; {name}={token}"]]:
                    response = get(nginx.port, "/", [("Cookie", value) for value in cookies])
                    assert response.status == 200 and response.get("X-Error") == "ok", (cookies, response)
                    assert b"x-tesseral-user-id" in response.body.lower()
                    ran += 1
        return ran


def test_refused_before_access():
    """A variable that is first used after a refusal is empty; a request that goes on is judged in its new location."""
    with Service() as service, Echo() as echo:
        token = service.token()
        with start_page(service, echo, token, "on") as nginx:
            before = len(nginx.access_log())
            response = get(nginx.port, "/denied", bearer(token))
            assert (response.status, response.get("X-Error"), response.get("X-User")) == (403, None, None), response
            assert logged(nginx, before) == [["403", "-", "-"]]
            assert get(nginx.port, "/found", bearer(token)).get("X-Error") == "ok"
            assert get(nginx.port, "/busy", bearer(token)).status == 204
            # The page has another status, and is not judged either.
            for path, status, uri in [("/busy", 200, "/busy"), ("/other", 200, "/calm/")]:
                response = get(nginx.port, path, bearer(token))
                assert (response.status, response.get("X-Error"), response.get("X-User")) == (status, None, None), response
                wait_for("the log", lambda: [str(status), "-", "-", uri] in nginx.access_log())
            response = get(nginx.port, "/found")
            assert (response.status, response.get("X-Error")) == (401, "credentials_missing"), response
            return 6


NESTED = """
    tesseral_snapshot {dir}/keys;
    map "" $given {{ default {token}; }}
    server {{
        listen 127.0.0.1:{port};
        large_client_header_buffers 4 4k;
        {given}
        error_page 400 405 414 494 501 505 /page;
        location /page {{ tesseral_auth {mode}; mirror /mirrored; ssi on; ssi_types *; proxy_pass {echo}/page; }}
        location /asked {{ auth_request /verify; mirror /mirrored; proxy_pass {echo}/asked; }}
        location /stripped {{ tesseral_auth optional; tesseral_pass_credentials off; mirror /mirrored; proxy_pass {echo}/s; }}
        location = /mirrored {{ internal; tesseral_auth optional; proxy_pass {echo}/mirrored; }}
        location = /verify {{ internal; tesseral_auth on; try_files /- =204; }}
    }}
"""


def test_subrequests_of_unread():
    """Subrequests of a request that nginx has refused, or that has no header lines: no identity but the one it has."""
    with Service() as service, Echo() as echo:
        token, ran = service.token(lifetime=3600), 0
        named = {"token": token, "cookie": service.cookieName}
        for mode, given in [("optional", ""), ("off", "tesseral_token $given;"), ("optional", "tesseral_token $given;")]:
            with Nginx(NESTED, files={"keys": service.document()}, mode=mode, given=given, token=token,
                       echo=f"http://127.0.0.1:{echo.port}") as nginx:
                (worker,) = nginx.pids()
                for octets in AFTER + REFUSED:
                    echo.got.clear()
                    answer = raw(nginx.port, octets.format(**named))
                    assert answer and nginx.pids() == [worker], octets[:60]
                    wait_for("both", lambda: len(echo.got) == 2)
                    for target, headers in echo.got:
                        assert not [name for name, _ in headers if name.startswith("x-tesseral-")], (octets[:60], target)
                    ran += 1
                for path in ["/asked", "/stripped"]:
                    echo.got.clear()
                    answer = raw(nginx.port, f"GET {path}\r\n")
                    ours = [len([name for name, _ in headers if name.startswith("x-tesseral-")])
                            for _, headers in list(echo.got)]
                    assert nginx.pids() == [worker] and answer, path
                    if given:
                        wait_for("both", lambda: len(echo.got) == 2)
                        assert b"mirrored" not in answer
                    elif path == "/asked":
                        assert b"401" in answer and not echo.got, answer
                    else:
                        assert set(ours) <= {0}, ours
                    ran += 1
        return ran
