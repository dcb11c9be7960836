"""Answers whose end is marked by a length, by chunks or by the end of the connection, compressed or not."""

import gzip
import socketserver
import threading

from nginx import Nginx
from service import Service
from support import wait_for
from test_fetch import answer

SERVER = """
    server {{
        listen 127.0.0.1:{port};
        add_header X-Error $tesseral_error always;
        tesseral_config_request /keys refresh=1h;
        tesseral_api_keys /lookup;
        tesseral_auth on;
        location / {{ try_files /- =204; }}
        location /optional {{ tesseral_auth optional; try_files /- =204; }}
        location = /keys {{
            internal;
            proxy_pass http://127.0.0.1:{upstream}/keys;
            subrequest_output_buffer_size 64k;
            gunzip on;
            {directives}
        }}
        location = /lookup {{
            internal;
            proxy_pass http://127.0.0.1:{upstream}/lookup;
            subrequest_output_buffer_size 64k;
            gunzip on;
            {directives}
        }}
    }}
"""


class Upstream(socketserver.ThreadingTCPServer):
    """Answers with `answers[path]`, octet for octet, and closes the connection."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, **answers):
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers = answers
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        path, length = self.rfile.readline().split()[1].decode().strip("/"), 0
        while True:
            line = self.rfile.readline().strip().lower()
            if not line:
                break
            if line.startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        self.rfile.read(length)
        self.wfile.write(self.server.answers[path])


def chunks(body, size=100, end=b"0\r\n\r\n"):
    parts = [body[n:n + size] for n in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + end


def head(version, *lines):
    return "\r\n".join([f"HTTP/{version} 200 OK", "Content-Type: application/json", *lines, "", ""]).encode()


GZIP, CHUNKED = "Content-Encoding: gzip", "Transfer-Encoding: chunked"


def framings(body):
    small = gzip.compress(body)
    return {
        "length": head("1.1", f"Content-Length: {len(body)}") + body,
        "chunked": head("1.1", CHUNKED) + chunks(body),
        "one chunk": head("1.1", CHUNKED) + chunks(body, len(body)),
        "the end of the connection": head("1.0") + body,
        "gzip": head("1.1", GZIP, f"Content-Length: {len(small)}") + small,
        "gzip, chunked": head("1.1", GZIP, CHUNKED) + chunks(small),
        "gzip, the end of the connection": head("1.0", GZIP) + small,
    }


KEY = b'{"apiKeyId": "api_key_0", "organizationId": "org_0", "actions": []}'
WAYS = ["proxy_http_version 1.1;", "proxy_http_version 1.0;", "proxy_http_version 1.1; proxy_buffering off;",
        'proxy_http_version 1.1; proxy_set_header Connection "";']


def test_every_framing():
    ran = 0
    with Service() as service:
        document, token = service.document(), service.token(lifetime=3600)
        for directives in WAYS:
            for name, octets in framings(document).items():
                with Upstream(keys=octets, lookup=framings(KEY)[name]) as upstream:
                    with Nginx(SERVER, upstream=upstream.server_address[1], directives=directives) as nginx:
                        assert answer(nginx, token) == (204, "ok"), (directives, name, nginx.log()[-600:])
                        assert answer(nginx, service.apiKey) == (204, "ok"), (directives, name, nginx.log()[-600:])
                        ran += 2
    return ran


def test_what_is_cut_short_or_too_large():
    ran = 0
    with Service() as service:
        document = service.document().strip()
        small, large = gzip.compress(document), document[:-1] + b" " * 70000 + b"}"
        answers = {
            "the answer was cut short": [
                head("1.1", f"Content-Length: {len(document) + 1}") + document,
                head("1.1", CHUNKED) + chunks(document, end=b""),
                head("1.1", CHUNKED) + chunks(document[:-20], end=b"14\r\nxxx"),
                head("1.1", GZIP, CHUNKED) + chunks(small, end=b"")],
            "its document was refused": [
                head("1.0") + document[:-1],
                head("1.0") + b"",
                head("1.1", CHUNKED) + chunks(document[:-1])],
            'the answer is over "subrequest_output_buffer_size"': [
                head("1.1", CHUNKED) + chunks(large),
                head("1.0") + large,
                head("1.0", GZIP) + gzip.compress(large),
                head("1.1", f"Content-Length: {len(large)}") + large],
        }
        for directives in WAYS[::2]:
            for why, octets in [(why, octets) for why in answers for octets in answers[why]]:
                with Upstream(keys=octets) as upstream:
                    with Nginx(SERVER, upstream=upstream.server_address[1], directives=directives) as nginx:
                        wait_for((why, octets[:120]), lambda: f'no keys from "/keys": {why}' in nginx.log())
                        assert answer(nginx, service.token(), "/optional") == (204, "keys_unavailable")
                        ran += 1
    return ran
