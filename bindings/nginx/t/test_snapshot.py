"""The snapshot file: read again when it changes, kept when it is gone."""

import json
import os
import re
import time

from client import bearer, get
from nginx import Nginx
from service import Service
from support import ROOT, wait_for

SERVER = """
    tesseral_auth on;
    server {{
        listen 127.0.0.1:{port};
        add_header X-Error $tesseral_error always;
        location /slow {{ tesseral_snapshot {dir}/keys refresh=1h; try_files /- =204; }}
        location /fast {{ tesseral_snapshot {dir}/keys refresh=50ms; try_files /- =204; }}
        location = /metrics {{ tesseral_auth off; tesseral_metrics; }}
        location = /ready {{ tesseral_auth off; tesseral_ready; }}
        tesseral_snapshot {dir}/keys refresh=1h;
    }}
"""

# The numbers in the header, in ascending order.
HEADER = (ROOT / "include/tesseral_verify.h").read_text()
NUMBERS = re.findall(r"^#define TESSERAL_(OK|ERR_\w+) (\d+)$", HEADER, re.MULTILINE)
STATUSES = [name.removeprefix("ERR_").lower() for name, number in sorted(NUMBERS, key=lambda status: int(status[1]))]


def error(nginx, path, token):
    return get(nginx.port, path, bearer(token)).get("X-Error")


def test_rotation_with_the_timer():
    with Service() as service, Nginx(SERVER, files={"keys": service.document()}, workers=1) as nginx:
        old = service.token()
        assert error(nginx, "/fast", old) == "ok"
        service.control("rotate", published=0)
        new = service.token()
        assert error(nginx, "/fast", new) == "key_unknown"
        service.control("publish")
        nginx.write("keys", service.document())
        wait_for("the new key", lambda: error(nginx, "/fast", new) == "ok", 3)
        assert error(nginx, "/fast", old) == "ok"
        # Only the new key: the old one is refused.
        document = json.loads(service.document())
        document["keys"] = [key for key in document["keys"] if key["kid"] in header(new)]
        nginx.write("keys", json.dumps(document))
        wait_for("the old key is gone", lambda: error(nginx, "/fast", old) == "key_unknown", 3)
        return 5


def header(token):
    import base64

    part = token.split(".")[0]
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)).decode()


def test_unknown_kid_looks_again():
    """An hour before the timer: the request with the new key looks at the file itself, at most once a second."""
    with Service() as service, Nginx(SERVER, files={"keys": service.document()}, workers=1) as nginx:
        old = service.token()
        service.control("rotate")
        new = service.token()
        assert error(nginx, "/slow", new) == "key_unknown"
        nginx.write("keys", service.document())
        assert error(nginx, "/slow", new) == "key_unknown", "within a second of the last look"
        time.sleep(1.1)
        assert error(nginx, "/slow", new) == "ok"
        assert error(nginx, "/slow", old) == "ok"
        return 4


def test_unknown_kid_behind_a_stale_cookie_looks_again():
    with Service() as service, Nginx(SERVER, files={"keys": service.document()}, workers=1) as nginx:
        old = service.token(expired=1)
        time.sleep(1.1)
        service.control("rotate")
        nginx.write("keys", service.document())
        cookies = "; ".join(f"{service.cookieName}={token}" for token in [old, service.token()])
        assert get(nginx.port, "/slow", [("Cookie", cookies)]).get("X-Error") == "ok"
        return 1


def test_last_good_one_is_kept():
    with Service() as service, Nginx(SERVER, files={"keys": service.document()}, workers=1) as nginx:
        token = service.token()
        ran = 0
        for bad in [None, '{"keys": 1}', '{"projectId": "project_x", "keys": []}', " " * 300_000]:
            before = nginx.log().count("[warn]") + nginx.log().count("[error]")
            if bad is None:
                os.remove(nginx.dir / "keys")
            else:
                nginx.write("keys", bad)
            wait_for("a warning", lambda: failing(nginx), 3)
            time.sleep(0.3)
            assert error(nginx, "/fast", token) == "ok"
            lines = nginx.log().count("[warn]") + nginx.log().count("[error]") - before
            assert 1 <= lines <= 2, f"{lines} warnings, not one"
            nginx.write("keys", service.document())
            wait_for("it is good again", lambda: not failing(nginx), 3)
            ran += 1
        assert get(nginx.port, "/ready").status == 200
        return ran


def failing(nginx):
    sources = json.loads(get(nginx.port, "/metrics?format=json").body)["tesseral_source_failing"]
    return any(source["value"] for source in sources)


def test_metrics():
    with Service() as service, Nginx(SERVER, files={"keys": service.document()}, workers=2) as nginx:
        good, expired = service.token(), service.token(expired=1)
        for _ in range(20):
            get(nginx.port, "/fast", bearer(good))
            get(nginx.port, "/fast", bearer(expired) + [("X-Tesseral-User-Id", "x")])
        text = get(nginx.port, "/metrics")
        assert text.status == 200 and text.get("Content-Type").startswith("text/plain; version=0.0.4")
        lines = text.body.decode().splitlines()
        assert 'tesseral_requests_total{slug="ok"} 20' in lines, text.body
        assert 'tesseral_requests_total{slug="token_expired"} 20' in lines
        assert "tesseral_identity_headers_stripped_total 20" in lines
        families = [line.split()[2] for line in lines if line.startswith("# TYPE")]
        assert len(families) == len(set(families)) >= 12
        values = json.loads(get(nginx.port, "/metrics?format=json").body)
        assert set(values) == set(families), set(values) ^ set(families)
        assert values["tesseral_requests_total"]["ok"] == 20
        for name in ("tesseral_requests_total", "tesseral_reported_total"):
            assert list(values[name]) == STATUSES, (name, values[name])
        assert sum(values["tesseral_requests_total"].values()) == 40
        assert all(source["value"] == 1 for source in values["tesseral_source_keys"])
        assert get(nginx.port, "/metrics", method="HEAD").status == 200
        assert get(nginx.port, "/metrics", method="POST", body=b"x").status == 405
        assert get(nginx.port, "/ready").body == b"ready\n"
        return 40
