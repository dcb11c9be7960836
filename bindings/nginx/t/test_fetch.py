"""Keys fetched by an internal location: over verified TLS, without headers of a client, despite faults."""

import json
import os
import signal
import subprocess
import threading
import time

from client import Connection, bearer, get
from nginx import Nginx
from service import Service
from support import free_port, wait_for

FETCH = """
    location = {uri} {{
        internal;
        proxy_pass https://{host}/v1/config/{key};
        proxy_ssl_verify on;
        proxy_ssl_trusted_certificate {ca};
        proxy_ssl_server_name on;
        proxy_ssl_name localhost;
        proxy_connect_timeout 2s;
        proxy_read_timeout {read};
        proxy_ignore_client_abort on;
        subrequest_output_buffer_size 256k;
    }}
"""

SERVER = """
    error_log {dir}/error.log notice;
    server {{
        listen 127.0.0.1:{port};
        client_max_body_size 10m;
        add_header X-Error $tesseral_error always;
        tesseral_config_request /keys {options};
        tesseral_auth on;
        location / {{ try_files /- =204; }}
        location /optional {{ tesseral_auth optional; try_files /- =204; }}
        location /off {{ tesseral_auth off; try_files /- =204; }}
        location /upload {{ proxy_pass http://127.0.0.1:{port}/off; }}
        location = /ready {{ tesseral_auth off; tesseral_ready; }}
        location = /metrics {{ tesseral_auth off; tesseral_metrics; }}
        {fetch}
    }}
"""


def fetch(service, uri="/keys", ca=None, read="1s"):
    return FETCH.format(uri=uri, host=service.host, key=service.publishableKey, ca=ca or service.caFile, read=read)


def start(service, options="", workers=1, **more):
    return Nginx(SERVER, options=options, workers=workers, fetch=fetch(service, **more))


def answer(nginx, token, path="/"):
    response = get(nginx.port, path, bearer(token))
    return response.status, response.get("X-Error")


def sources(nginx, name):
    return json.loads(get(nginx.port, "/metrics?format=json").body)[name][0]["value"]


def test_first_request_waits():
    """The first request waits for the fetch that began at start, and begins no other."""
    with Service("--tls") as service:
        service.control("fault/config/delay", ms=600)
        with start(service, workers=2) as nginx:
            token = service.token()
            assert answer(nginx, token, "/optional") == (204, "keys_unavailable")
            for _ in range(50):
                assert answer(nginx, token) == (204, "ok")
            assert answer(nginx, token, "/optional") == (204, "ok")
            assert answer(nginx, service.token(tampered=1)) == (401, "signature_invalid")
            assert service.count("config") == 1
        return 53


def test_many_first_requests_fetch_once():
    with Service("--tls") as service:
        service.control("fault/config/delay", ms=600)
        with start(service, workers=2) as nginx:
            token, results = service.token(), []
            threads = [threading.Thread(target=lambda: results.append(answer(nginx, token))) for _ in range(40)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert results == [(204, "ok")] * 40, results
            assert service.count("config") == 1
        return 40


def test_nothing_of_the_client_reaches_the_service():
    with Service("--tls") as service, start(service) as nginx:
        upload = b"x" * 2_000_000
        headers = bearer(service.token()) + [
            ("Cookie", "secret=1"), ("Range", "bytes=0-10"), ("If-None-Match", '"x"'), ("Expect", "100-continue"),
            ("X-Mine", "1"), ("Content-Type", "text/plain"), ("Accept-Encoding", "gzip"), ("User-Agent", "mine"),
            ("If-Modified-Since", "Thu, 01 Jan 1970 00:00:00 GMT"), ("Referer", "r"), ("X-Forwarded-For", "1.2.3.4")]
        with Connection(nginx.port) as connection:
            connection.send("/upload", headers, method="POST", body=upload)
            response = connection.receive()
            while response.status == 100:
                response = connection.receive()
            assert response.status == 204, response
        (request,) = service.requests("config")
        names = {name.lower() for name, _ in request["headers"]}
        assert names == {"host", "connection"}, request
        assert request["method"] == "GET" and request["bodyLength"] == 0, request
        return len(headers)


def test_unknown_kid_fetches_within_the_cooldown_once():
    with Service("--tls") as service, start(service, "cooldown=1s") as nginx:
        old = service.token()
        assert answer(nginx, old) == (204, "ok")
        service.control("rotate", published=1)
        new = service.token()
        time.sleep(1.1)
        assert answer(nginx, new) == (204, "ok")
        assert answer(nginx, old) == (204, "ok")
        assert service.count("config") == 2
        service.control("rotate", published=0)
        unknown = service.token()
        for _ in range(5):
            assert answer(nginx, unknown) == (401, "key_unknown")
        time.sleep(1.1)
        for _ in range(5):
            assert answer(nginx, unknown) == (401, "key_unknown")
        assert service.count("config") == 3
        return 13


def test_unknown_kid_behind_a_stale_cookie_fetches():
    """An old host-only cookie stands before a domain cookie of a new key."""
    stale = {"expired": {"expired": 1}, "tampered": {"tampered": 1}}
    with Service("--tls") as service:
        for what, parameters in stale.items():
            with start(service, "cooldown=1s") as nginx:
                old = service.token(**parameters)
                assert answer(nginx, service.token()) == (204, "ok")
                time.sleep(1.1)
                service.control("rotate")
                count, new = service.count("config"), service.token()
                cookies = "; ".join(f"{service.cookieName}={token}" for token in [old, new])
                response = get(nginx.port, "/", [("Cookie", cookies)])
                assert (response.status, response.get("X-Error")) == (204, "ok"), (what, response)
                assert service.count("config") == count + 1
                # An old cookie alone causes no fetch.
                assert get(nginx.port, "/", [("Cookie", cookies.split("; ")[0])]).status == 401
                assert service.count("config") == count + 1
        return 2 * len(stale)


def test_all_who_bring_a_new_key_wait():
    """There is one fetch, however many requests and workers wait for it."""
    ran = 0
    for workers in [1, 2]:
        with Service("--tls") as service, start(service, "cooldown=1s", workers) as nginx:
            assert answer(nginx, service.token()) == (204, "ok")
            time.sleep(1.1)
            service.control("fault/config/delay", ms=600)
            service.control("rotate")
            count, new = service.count("config"), service.token()
            connections = [Connection(nginx.port) for _ in range(200)]
            for connection in connections:
                connection.send("/", bearer(new))
            for connection in connections:
                assert connection.receive().status == 204
                connection.close()
                ran += 1
            assert service.count("config") == count + 1
    return ran


def test_refresh_in_the_background():
    with Service("--tls") as service, start(service, "refresh=1s cooldown=500ms") as nginx:
        token = service.token()
        assert answer(nginx, token) == (204, "ok")
        service.control("fault/config/delay", ms=400)
        time.sleep(1.2)
        began = time.monotonic()
        assert answer(nginx, token) == (204, "ok")
        assert time.monotonic() - began < 0.3, "it waited for the refresh"
        wait_for("refreshed", lambda: service.count("config") == 2)
        # During an outage the keys stay in use, and each cooldown allows one attempt.
        service.control("fault/config/status", status=500)
        time.sleep(1.2)
        for _ in range(20):
            assert answer(nginx, token) == (204, "ok")
            time.sleep(0.05)
        assert 3 <= service.count("config") <= 5, service.count("config")
        assert sources(nginx, "tesseral_source_failing") == 1
        return 23


def test_stale_keys_are_not_used():
    with Service("--tls") as service, start(service, "refresh=500ms stale=1s cooldown=100ms") as nginx:
        token = service.token()
        assert answer(nginx, token) == (204, "ok")
        service.control("fault/config/close")
        time.sleep(1.3)
        assert answer(nginx, token) == (503, "keys_unavailable")
        service.control("fault/config/none")
        time.sleep(1.1)
        assert answer(nginx, token) == (204, "ok")
        return 3


FAULTS = [("status", {"status": 500}), ("status", {"status": 404}), ("close", {}), ("reset", {}), ("html", {}),
          ("empty-ok", {}), ("truncate", {"octets": 60}), ("oversize", {"octets": 300_000}), ("malformed-json", {}),
          ("gzip", {}), ("redirect", {"location": "https://localhost/"}), ("hang", {})]


def test_faults_end_in_503_and_heal():
    with Service("--tls") as service:
        token = service.token()
        for fault, parameters in FAULTS:
            service.control(f"fault/config/{fault}", **parameters)
            with start(service) as nginx:
                response = get(nginx.port, "/", bearer(token))
                assert response.status == 503 and response.get("X-Error") == "keys_unavailable", (fault, response)
                assert response.get("Retry-After") == "5", (fault, response)
                # Another one waits for the next attempt, which comes a second later at most.
                began, count = time.monotonic(), service.count("config")
                assert answer(nginx, token) == (503, "keys_unavailable"), fault
                assert 0.5 < time.monotonic() - began < 3, fault
                assert service.count("config") == count + 1, fault
                assert "tesseral: no keys from \"/keys\"" in nginx.log(), fault
                service.control("fault/config/none")
                wait_for("healed", lambda: answer(nginx, token) == (204, "ok"))
        return 3 * len(FAULTS)


def test_pieces_and_large_documents():
    with Service("--tls") as service:
        token = service.token()
        for setup in ["fault/config/trickle?octets=40&ms=20", "fault/config/oversize?octets=260000"]:
            service.control(setup.split("?")[0], **dict(pair.split("=") for pair in setup.split("?")[1].split("&")))
            with start(service) as nginx:
                assert answer(nginx, token) == (204, "ok"), setup
            service.control("fault/config/none")
        document = json.loads(service.document())
        key = document["keys"][0]
        many = dict(document, keys=[dict(key, kid=f"key_{n}") for n in range(63)] + [key])
        service.control("document", raw=json.dumps(many))
        with start(service) as nginx:
            assert answer(nginx, token) == (204, "ok")
            assert sources(nginx, "tesseral_source_keys") == 64
            assert answer(nginx, service.token(actions=500)) in [(204, "ok"), (401, "token_too_large")]
        return 5


def test_wrong_authority_and_dead_names():
    """nginx starts, and answers 503."""
    ran = 0
    for tls in ["--tls"]:
        with Service(tls) as other, Service(tls) as service:
            with start(service, ca=other.caFile) as nginx:
                assert answer(nginx, service.token()) == (503, "keys_unavailable")
                assert service.count("config") == 0
                ran += 1
            location = """
                location = /keys {{
                    internal;
                    resolver 127.0.0.1:%d valid=10s;
                    resolver_timeout 1s;
                    set $config_host config.invalid;
                    proxy_pass https://$config_host/v1/config/x;
                    proxy_ssl_verify on;
                    proxy_ssl_trusted_certificate %s;
                }}
            """ % (free_port(), service.caFile)
            with Nginx(SERVER.replace("{fetch}", location), options="") as nginx:
                assert answer(nginx, service.token()) == (503, "keys_unavailable")
                assert answer(nginx, service.token(), "/off") == (204, None)
                ran += 1
    return ran


def test_client_goes_away_during_a_fetch():
    with Service("--tls") as service:
        service.control("fault/config/delay", ms=700)
        with start(service) as nginx:
            token = service.token()
            with Connection(nginx.port) as connection:
                connection.send("/", bearer(token))
                time.sleep(0.2)
            assert answer(nginx, token) == (204, "ok")
            assert service.count("config") == 1
        return 1


def test_waiting_has_an_end():
    """While the module fetches from a service that hangs, requests wait 5 s, no longer."""
    with Service("--tls") as service:
        service.control("fault/config/hang")
        with start(service, read="30s") as nginx:
            token, waited = service.token(), []

            def ask():
                began = time.monotonic()
                response = get(nginx.port, "/", bearer(token))
                waited.append((time.monotonic() - began, response.status))

            threads = [threading.Thread(target=ask) for _ in range(5)]
            for thread in threads:
                thread.start()
                time.sleep(0.05)
            for thread in threads:
                thread.join()
            assert [status for _, status in waited] == [503] * 5, waited
            assert all(4.8 < seconds < 6.5 for seconds, _ in waited), waited
            assert service.count("config") == 1
        return 5


def test_a_killed_worker_holds_the_fetch_no_longer_than_its_lease():
    with Service("--tls") as service:
        service.control("fault/config/hang")
        with start(service, read="30s") as nginx:
            nginx.allowed = ["exited on signal 9"]
            token, (worker,) = service.token(), nginx.pids()
            wait_for("the worker waits for the service", lambda: service.count("config") == 1)
            began = time.monotonic()
            os.kill(worker, signal.SIGKILL)
            wait_for("another worker", lambda: nginx.pids() and nginx.pids() != [worker])
            service.control("fault/config/none")
            assert answer(nginx, token) == (503, "keys_unavailable")
            assert 4.8 < time.monotonic() - began < 9 and service.count("config") == 1
            wait_for("the next worker fetches", lambda: answer(nginx, token) == (204, "ok"))
            assert 9 < time.monotonic() - began < 12 and service.count("config") == 2
            for _ in range(20):
                assert answer(nginx, token) == (204, "ok")
            assert service.count("config") == 2
        return 22


def test_http2():
    """Many streams of one connection wait for one fetch."""
    with Service("--tls") as service:
        http = SERVER.replace("listen 127.0.0.1:{port};", "listen 127.0.0.1:{port}; listen 127.0.0.1:{second} http2;")
        second = free_port()
        with Nginx(http, options="", fetch=fetch(service), second=second) as nginx:
            service.control("fault/config/delay", ms=300)
            token = service.token()
            urls = [f"http://127.0.0.1:{second}/{n}" for n in range(20)]
            done = subprocess.run(["curl", "-s", "--max-time", "20", "--parallel", "--parallel-immediate",
                                   "--http2-prior-knowledge", "-w", "%{http_code} ",
                                   "-H", f"Authorization: Bearer {token}", *urls], capture_output=True, text=True, check=True)
            assert done.stdout.split() == ["204"] * 20, done.stdout
            assert service.count("config") == 1
        return 20


def test_a_refused_reload_changes_nothing():
    with Service("--tls") as service, start(service, workers=2) as nginx:
        token = service.token()
        assert answer(nginx, token) == (204, "ok")
        good = (nginx.dir / "nginx.conf").read_text()
        before = set(nginx.pids())
        nginx.allowed = ["[emerg]"]
        for bad in [good.replace("tesseral_auth on;", "tesseral_auth maybe;", 1),
                    good.replace("tesseral_config_request /keys", "tesseral_snapshot /nowhere", 1)]:
            nginx.write("nginx.conf", bad)
            seen = nginx.log().count("[emerg]")
            os.kill(nginx.master(), signal.SIGHUP)
            wait_for("refused", lambda: nginx.log().count("[emerg]") > seen)
            assert set(nginx.pids()) == before
            assert answer(nginx, token) == (204, "ok")
        nginx.write("nginx.conf", good)
        nginx.reload()
        assert answer(nginx, token) == (204, "ok")
        return 3


def test_ready_follows_the_fetch():
    with Service("--tls") as service:
        service.control("fault/config/delay", ms=600)
        with start(service) as nginx:
            first = get(nginx.port, "/ready")
            assert first.status == 503 and first.body == b'keys_unavailable: no keys from "/keys"\n', first
            wait_for("ready", lambda: get(nginx.port, "/ready").status == 200)
            assert service.count("config") == 1
        return 2


def test_same_uri_in_two_servers():
    with Service("--tls") as one, Service("--tls") as two:
        second = free_port()
        http = SERVER + SERVER.replace("{fetch}", "{fetch2}").replace("{port}", "{second}").replace(
            "error_log {dir}/error.log notice;", "")
        with Nginx(http, options="", fetch=fetch(one), fetch2=fetch(two), second=second, workers=2) as nginx:
            tokens = {nginx.port: one.token(), second: two.token()}
            for _ in range(20):
                for port in tokens:
                    for owner, token in tokens.items():
                        response = get(port, "/", bearer(token))
                        assert response.status == (204 if owner == port else 401), response
            nginx.reload()
            for _ in range(20):
                for port in tokens:
                    for owner, token in tokens.items():
                        response = get(port, "/", bearer(token))
                        assert response.status == (204 if owner == port else 401), response
        return 160


def test_another_project_is_refused():
    with Service("--tls") as service, Service("--tls") as other:
        http = SERVER.replace("tesseral_auth on;", f"tesseral_auth on; tesseral_project_id {other.projectId};", 1)
        with Nginx(http, options="", fetch=fetch(service)) as nginx:
            assert answer(nginx, service.token()) == (503, "keys_unavailable")
            assert "another project" in nginx.log()
        return 1


def test_reload_keeps_the_keys_through_an_outage():
    with Service("--tls") as service:
        http = SERVER.replace("tesseral_auth on;", f"tesseral_auth on; tesseral_project_id {service.projectId};", 1)
        with Nginx(http, options="", workers=2, fetch=fetch(service)) as nginx:
            token = service.token()
            assert answer(nginx, token) == (204, "ok")
            service.control("fault/config/close")
            nginx.reload()
            for _ in range(20):
                assert answer(nginx, token) == (204, "ok")
            service.control("fault/config/none")
            wait_for("fetched at once", lambda: answer(nginx, token) == (204, "ok") and service.count("config") >= 2)
        return 22
