"""The blocks of recipes.md, as they stand there but for ports and files, do what their headings say."""

import json
import re
import subprocess
from pathlib import Path

from client import Connection, bearer, get
from echo import Echo, seen
from nginx import Nginx
from service import Service
from support import NGINX, free_port, wait_for

RECIPES = Path(__file__).resolve().parent.parent / "recipes.md"
GRPC = """
server {{ listen 127.0.0.1:{grpc} http2;
    tesseral_strip_identity off;
    location / {{ add_header grpc-status 0; proxy_pass http://127.0.0.1:{echo}; }}
}}
"""


def recipe(heading):
    """The block under the heading that begins with this text."""
    sections = re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", RECIPES.read_text(), re.S | re.M)
    found = [re.search(r"```nginx\n(.*?)```", text, re.S).group(1) for title, text in sections if title.startswith(heading)]
    assert len(found) == 1, heading
    return found[0]


def serve(service, upstream, heading, files=None, more="", **names):
    """An nginx with a recipe and its upstream; `more` is appended."""
    text = recipe(heading).replace("{", "{{").replace("}", "}}")
    for written, here in [("/etc/nginx/tesseral/config.json", "{dir}/keys"), ("/etc/nginx/tesseral/", "{dir}/"),
                          ("/srv/app", "{dir}/html"), ("127.0.0.1:8080", "127.0.0.1:{port}"),
                          ("http://127.0.0.1:3000", f"http://127.0.0.1:{upstream.port}")]:
        text = text.replace(written, here)
    for written, name in [("127.0.0.1:9090", "watch"), ("127.0.0.1:50051", "grpc")]:
        if name in names:
            text = text.replace(written, f"127.0.0.1:{{{name}}}")
    return Nginx(text + more, files={"keys": service.document(), **(files or {})}, **names)


def test_problem_document():
    cases = 0
    with Service() as service, Echo() as echo, serve(service, echo, "Answers to refusals: a problem") as nginx:
        for headers, slug in [([], "credentials_missing"), (bearer(service.token(expired=1)), "token_expired")]:
            answer = get(nginx.port, "/api/x", headers)
            assert answer.status == 401 and len(answer.all("WWW-Authenticate")) == 1, answer
            assert answer.get("Content-Type") == "application/problem+json", answer
            assert json.loads(answer.body) == {"type": "about:blank", "status": 401, "title": slug}, answer
            cases += 1
        assert ("x-tesseral-credentials-type", "access_token") in seen(get(nginx.port, "/api/x", bearer(service.token())))
    return cases + 1


def test_sign_in_page():
    page = {"html/sign-in.html": "sign in\n"}
    navigate, script = [("Sec-Fetch-Mode", "navigate")], [("Sec-Fetch-Mode", "cors")]
    with Service() as service, Echo() as echo, serve(service, echo, "Answers to refusals: a sign-in", page) as nginx:
        answer = get(nginx.port, "/account/x?a=1&b=2", navigate)
        assert answer.status == 302 and answer.get("Cache-Control") == "no-store", answer
        assert answer.get("Location").endswith("/sign-in#/account/x?a=1&b=2"), answer
        for headers in script, []:
            answer = get(nginx.port, "/account/x", headers)
            assert answer.status == 401 and answer.get("Location") is None, answer
        assert get(nginx.port, "/sign-in").body == b"sign in\n"
        assert seen(get(nginx.port, "/account/x", navigate + bearer(service.token())))
        assert nginx.access_log()[0][1] == "credentials_missing"
    return 5


def test_single_page_application():
    with Service() as service, Echo() as echo, serve(service, echo, "A single-page") as nginx:
        assert get(nginx.port, "/ok").body == b"ok\n"
        assert get(nginx.port, "/data").status == 401
        assert get(nginx.port, "/data", bearer(service.token(expired=1))).status == 401
        found = seen(get(nginx.port, "/data", bearer(service.token()) + [("X-Tesseral-User-Id", "forged")]))
        assert [value for name, value in found if name == "x-tesseral-user-id"] != ["forged"], found
    return 4


def test_websocket():
    def shake(port, token, origin):
        with Connection(port) as connection:
            headers = [("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Origin", origin)]
            if token:
                headers.append(("Cookie", f"tesseral_{service.projectId}_access_token={token}"))
            connection.send("/socket", headers)
            answer = connection.receive(head=True)
            if answer.status == 101:
                connection.socket.sendall(b"hello\n")
                assert connection.file.readline() == b"hello\n"
            return answer.status

    own, other = "https://app.example.com", "https://evil.example.com"
    with Service() as service, Echo() as echo, serve(service, echo, "WebSocket") as nginx:
        good, old = service.token(), service.token(expired=1)
        cases = [(good, own, 101), (good, other, 403), (None, own, 401), (old, own, 401)]
        for token, origin, expected in cases:
            assert shake(nginx.port, token, origin) == expected, (origin, expected)
    return len(cases)


def curl(port, *more):
    done = subprocess.run(["curl", "-sS", "--max-time", "20", "--http2-prior-knowledge", "-D", "-", "-H",
                           "Content-Type: application/grpc", *more,
                           f"http://127.0.0.1:{port}/package.Service/Method"], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done
    return done.stdout.replace("\r", "")


def test_grpc():
    with Service() as service, Echo() as echo, \
            serve(service, echo, "gRPC", more=GRPC, grpc=free_port(), echo=echo.port) as nginx:
        answer = curl(nginx.port, "--data-binary", "question", "-H", f"Authorization: Bearer {service.token()}")
        assert answer.startswith("HTTP/2 200") and "grpc-status: 0" in answer, answer
        assert re.search(r'"X-Tesseral-User-Id", "user_\w+"', answer, re.I), answer
        for more, slug in [((), "credentials_missing"),
                           (("-H", f"Authorization: Bearer {service.token(expired=1)}"), "token_expired")]:
            # Without a body: curl takes it for an error when nginx answers before it has read one.
            answer = curl(nginx.port, "-X", "POST", *more)
            assert answer.startswith("HTTP/2 200"), answer
            assert "grpc-status: 16" in answer and f"grpc-message: {slug}" in answer, answer
            assert "content-type: application/grpc" in answer and "target" not in answer, answer
    return 3


def test_http_3():
    """nginx accepts the recipe, where it has HTTP/3. Elsewhere it cannot be checked."""
    built = subprocess.run([NGINX, "-V"], capture_output=True, text=True, timeout=20).stderr
    block = recipe("HTTP/3")
    if "http_v3_module" in built:
        with Service("--tls") as service, Echo() as echo:
            nginx = serve(service, echo, "HTTP/3", certificate())
            text = (nginx.dir / "nginx.conf").read_text().replace("listen 443", f"listen 127.0.0.1:{nginx.port}")
            nginx.write("nginx.conf", text)
            accepted, said = nginx.check()
            assert accepted, said
    return len(re.findall(r"^    listen .*;", block, re.M))


def certificate():
    made = subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                           "-subj", "/CN=localhost", "-days", "2", "-keyout", "-", "-out", "-"],
                          capture_output=True, text=True, check=True, timeout=30).stdout
    return {"server.key": made[:made.index("-----BEGIN CERT")], "server.pem": made[made.index("-----BEGIN CERT"):]}


def test_metrics_and_readiness():
    watch = free_port()
    with Service() as service, Echo() as echo, serve(service, echo, "Metrics", watch=watch) as nginx:
        assert get(nginx.port, "/").status == 401
        assert get(watch, "/ready").status == 200
        metrics = get(watch, "/metrics").body.decode()
        assert re.search(r'tesseral_requests_total\{.*"credentials_missing"\} 1\n', metrics), metrics
        assert get(nginx.port, "/metrics").status == 401
        wait_for("the lines of both", lambda: len(nginx.access_log()) == 2)
    return 4
