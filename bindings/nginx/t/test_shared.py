"""What workers share: documents by the number of their flight and within the room that there is, records of configurations that
still run, and all of it after workers were killed."""

import base64
import contextlib
import http.server
import json
import os
import random
import shutil
import signal
import threading
import time

import support
from client import Connection, bearer, get
from nginx import Nginx
from service import Service
from support import OUT, compiled, wait_for
from test_api_keys import SERVER as LOOKUP
from test_fetch import fetch

SERVER = """
    {zone}
    server {{
        listen 127.0.0.1:{port};
        server_name {name};
        add_header X-Error $tesseral_error always;
        add_header X-Worker $pid always;
        {pin}
        tesseral_config_request /keys {options};
        tesseral_auth on;
        location / {{ try_files /- =204; }}
        location /optional {{ tesseral_auth optional; try_files /- =204; }}
        location = /keys {{ internal; proxy_pass http://127.0.0.1:{upstream}/{name}; proxy_read_timeout 30s;
                            proxy_set_header X-Worker $pid; subrequest_output_buffer_size 256k; }}
    }}
"""


class Upstream:
    """Answers each request with what `document` is when the request comes; None is status 500. Where `held` has an event for the
    number of a request, the answer is sent when that event is set."""

    def __init__(self, document):
        self.document, self.held, self.count, self.lock = document, {}, 0, threading.Lock()
        self.workers = []
        upstream = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                with upstream.lock:
                    upstream.count += 1
                    upstream.workers.append(int(self.headers["X-Worker"]))
                    held, body = upstream.held.get(upstream.count), upstream.document
                if held:
                    held.wait(60)
                try:
                    self.send_response(200 if body else 500)
                    self.send_header("Content-Length", str(len(body or b"")))
                    self.end_headers()
                    self.wfile.write(body or b"")
                except OSError:
                    pass

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for held in self.held.values():
            held.set()
        self.server.shutdown()
        self.server.server_close()


def start(upstream, options="", workers=1, zone="", pin="", name="a.test", **more):
    return Nginx(SERVER, options=options, workers=workers, zone=zone, pin=pin, name=name, upstream=upstream.port, **more)


def answer(nginx, token, path="/"):
    response = get(nginx.port, path, bearer(token))
    return response.status, response.get("X-Error")


def successor(service, token):
    """The service's document after a rotation, from which the key of this token is withdrawn."""
    service.control("rotate")
    header = token.split(".")[0]
    kid = json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)))["kid"]
    document = json.loads(service.document())
    return json.dumps(dict(document, keys=[key for key in document["keys"] if key["kid"] != kid])).encode()


def padded(document, size):
    return document + b" " * (size - len(document))


def test_a_document_without_room_is_a_failure():
    """For a while the zone has to hold the old document and the new one. Without room for both, the old one is used until it is
    stale."""
    with Service() as service, Upstream(padded(service.document(), 30_000)) as upstream:
        options = "refresh=500ms stale=2s cooldown=100ms"
        with start(upstream, options, zone="tesseral_zone 64k;", workers=2) as nginx:
            old = service.token(lifetime=3600)
            assert answer(nginx, old) == (204, "ok")
            upstream.document = padded(successor(service, old), 30_100)
            began, last = time.monotonic(), None
            while time.monotonic() - began < 6:
                if answer(nginx, old, "/optional") == (204, "ok"):
                    last = time.monotonic() - began
                time.sleep(0.05)
            assert last is not None and last < 2.6, last
            assert '"tesseral_zone" is too small' in nginx.log()
            upstream.document = successor(service, old)
            wait_for("one that fits is used", lambda: answer(nginx, service.token()) == (204, "ok"), 20)
            # A document that fits beside the small one.
            upstream.document = padded(successor(service, old), 30_000)
            time.sleep(2.2)
            assert answer(nginx, service.token()) == (204, "ok")
        return 4


def test_workers_whose_clocks_differ():
    """A document that another worker has just fetched is not too old, even when that worker's clock is ahead. So a good token that
    was accepted once is never refused for want of keys."""
    skew = compiled("skew.c", "skew.so", "-shared", "-fPIC", "-ldl")
    with Service() as service, Upstream(service.document()) as upstream:
        env, ran = {"LD_PRELOAD": str(skew), "SKEW": "300"}, 0
        with start(upstream, "refresh=400ms stale=1h cooldown=100ms", workers=4, env=env) as nginx:
            token, workers = service.token(lifetime=3600), set()
            wait_for("keys", lambda: answer(nginx, token) == (204, "ok"))
            end = time.monotonic() + 4
            while time.monotonic() < end:
                # Connections are kept alive, so that each of many workers has some.
                with contextlib.ExitStack() as stack:
                    for connection in [stack.enter_context(Connection(nginx.port)) for _ in range(12)]:
                        response = connection.get("/optional", bearer(token))
                        assert (response.status, response.get("X-Error")) == (204, "ok"), response
                        workers.add(response.get("X-Worker"))
                        ran += 1
            assert len(workers) == 4 and upstream.count > 4, (workers, upstream.count)
        return ran


def test_a_fetch_that_ends_late_brings_nothing_back():
    """The worker that fetches is stopped for longer than a flight may last, and another worker fetches meanwhile."""
    with Service() as service, Upstream(service.document()) as upstream:
        old, released = service.token(lifetime=3600), threading.Event()
        upstream.held[1] = released
        with start(upstream, workers=2) as nginx, Connection(nginx.port, 40) as first:
            began = time.monotonic()
            first.send("/", bearer(old))
            wait_for("the first flight", lambda: upstream.count == 1)
            os.kill(upstream.workers[0], signal.SIGSTOP)
            try:
                upstream.document = successor(service, old)
                new = service.token(lifetime=3600)
                wait_for("the second flight", lambda: answer(nginx, new) == (204, "ok"), 20)
                assert 9 < time.monotonic() - began < 15 and len(set(upstream.workers)) == 2, upstream.workers
                assert answer(nginx, old) == (401, "key_unknown")
                released.set()
                time.sleep(0.5)
            finally:
                os.kill(upstream.workers[0], signal.SIGCONT)
            for _ in range(100):
                assert answer(nginx, old) == (401, "key_unknown") and answer(nginx, new) == (204, "ok")
        return 202


def test_reload_with_another_project_behind_the_same_words():
    """Keys outlive a reload only with tesseral_project_id: nothing else says that the project is the same."""
    with Service() as one, Service() as two, Upstream(one.document()) as upstream:
        tokens = [one.token(lifetime=3600), two.token(lifetime=3600)]
        for pin, kept in [("", [503, 503]), (f"tesseral_project_id {one.projectId};", [204, 401])]:
            upstream.document = one.document()
            with start(upstream, pin=pin, workers=2) as nginx:
                assert [answer(nginx, token)[0] for token in tokens] == [204, 401]
                # Another project, whose service is not reached yet.
                upstream.document = None
                nginx.reload()
                assert [answer(nginx, token)[0] for token in tokens] == kept
                upstream.document = two.document()
                want = [401, 204] if not pin else kept
                wait_for("fetched", lambda: [answer(nginx, token)[0] for token in tokens] == want, 20)
        return 6


class Held:
    """A connection on which a worker has read a part of a request. However many reloads come, that worker judges the request when
    the rest arrives, and exits then."""

    def __init__(self, nginx, token, host):
        self.connection = Connection(nginx.port, 60)
        self.head = f"Host: {host}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n".encode()
        self.connection.socket.sendall(b"GET / HTTP/1.1\r\n")

    def end(self):
        self.connection.socket.sendall(self.head)
        with self.connection:
            response = self.connection.receive()
            return response.status, response.get("X-Error")


def reload_beside(nginx):
    """A reload after which old workers go on."""
    before = set(nginx.pids())
    os.kill(nginx.master(), signal.SIGHUP)
    wait_for("new workers", lambda: len(set(nginx.pids()) - before) == nginx.workers
             and not before & set(nginx.pids()), 30)


def test_old_workers_keep_their_records(**more):
    """Requests are held over reloads with other names and other projects. Each is judged by the keys of its configuration, which
    are fetched anew when they are stale; no worker ever sees another one's."""
    with Service() as one, Service() as two:
        with Upstream(one.document()) as first, Upstream(two.document()) as second:
            owners = [(one, first), (two, second)]
            with start(first, "refresh=1s stale=2s", workers=2, zone="tesseral_zone 128k;", **more) as nginx:
                held = []
                for number in range(12):
                    owner, upstream = owners[number % 2]
                    own, foreign = owner.token(lifetime=3600), owners[1 - number % 2][0].token(lifetime=3600)
                    if number < 5:
                        held += [(Held(nginx, token, f"n{number}.test"), want) for token, want in
                                 [(own, 204), (foreign, 401), (own, 204), (foreign, 401)]]
                        time.sleep(0.2)
                    assert number == 0 or answer(nginx, own) == (204, "ok"), number
                    other, upstream = owners[(number + 1) % 2]
                    nginx.configure(SERVER, options="refresh=1s stale=2s", zone="tesseral_zone 128k;", pin="",
                                    name=f"n{number + 1}.test", upstream=upstream.port)
                    reload_beside(nginx)
                    assert answer(nginx, other.token()) == (204, "ok"), number
                assert len(nginx.children()) > nginx.workers, "no old worker is left"
                time.sleep(2.5)
                for connection, want in held:
                    assert connection.end()[0] == want
                wait_for("old workers exit", lambda: len(nginx.children()) == nginx.workers, 30)
            return 12 + len(held)


def test_records_are_freed_when_nobody_uses_them():
    """Many reloads, each with other names, while one old worker lives on all the time."""
    with Service() as service, Upstream(service.document()) as upstream:
        with start(upstream, zone="tesseral_zone 64k;", level="notice") as nginx:
            assert answer(nginx, service.token()) == (204, "ok")
            held = Held(nginx, service.token(lifetime=3600), "a.test")
            time.sleep(0.2)
            for number in range(40):
                nginx.configure(SERVER, options="", zone="tesseral_zone 64k;", pin="", name=f"n{number}.test",
                                upstream=upstream.port)
                reload_beside(nginx)
                assert answer(nginx, service.token()) == (204, "ok"), number
                wait_for("one old worker", lambda: len(nginx.children()) == 2, 30)
            assert held.end() == (204, "ok")
        return 41


def test_a_record_that_another_source_has():
    """An old worker that was struck off the list finds the record of its source with another source, and refuses: it never
    judges by the keys of another project."""
    library = compiled("dead.c", "dead.so", "-shared", "-fPIC", "-ldl")
    with Service() as one, Service() as two, Upstream(one.document()) as first, Upstream(two.document()) as second:
        with start(first, env={"LD_PRELOAD": str(library)}) as nginx:
            assert answer(nginx, one.token()) == (204, "ok")
            held = [Held(nginx, service.token(lifetime=3600), "a.test") for service in [one, two]]
            time.sleep(0.2)
            # The second reload frees the record, and the third gives it to another source.
            for number in range(3):
                nginx.configure(SERVER, options="", zone="", pin="", name=f"n{number}.test", upstream=second.port)
                reload_beside(nginx)
                assert answer(nginx, two.token()) == (204, "ok"), number
            assert len(nginx.children()) > nginx.workers, "no old worker is left"
            time.sleep(0.2)
            for connection in held:
                assert connection.end() == (503, "keys_unavailable")
        return 3 + len(held)


def test_workers_that_die_again_and_again_take_no_room():
    """Entries of dead workers are removed when new workers start, without a reload."""
    with Service() as service, Upstream(None) as upstream:
        with start(upstream, workers=16, zone="tesseral_zone 64k;", level="crit") as nginx:
            nginx.allowed = ["exited on signal 9"]
            for _ in range(120):
                dead = set(nginx.pids())
                for pid in dead:
                    os.kill(pid, signal.SIGKILL)
                wait_for("others", lambda: len(nginx.pids()) == 16 and not dead & set(nginx.pids()), 30)
            upstream.document = padded(service.document(), 30_000)
            wait_for("there is room", lambda: answer(nginx, service.token()) == (204, "ok"), 20)
        return 120


def test_reload_to_another_version_of_the_module():
    """The other version makes a new layout; workers of the old version go on with theirs."""
    if support.MODULE is None:
        return 1
    normal, other = support.MODULE, OUT / "other_ngx_http_tesseral_module.so"
    shutil.copy(normal, other)
    try:
        with Service() as service, Upstream(service.document()) as upstream:
            pin, ran = f"tesseral_project_id {service.projectId};", 0
            with start(upstream, "refresh=1s stale=2s", pin=pin, workers=2) as nginx:
                held = []
                for module in [other, normal, other]:
                    assert answer(nginx, service.token()) == (204, "ok")
                    held.append(Held(nginx, service.token(lifetime=3600), "a.test"))
                    time.sleep(0.2)
                    support.MODULE = module
                    nginx.configure(SERVER, options="refresh=1s stale=2s", zone="", pin=pin, name="a.test",
                                    upstream=upstream.port)
                    reload_beside(nginx)
                    for _ in range(10):
                        assert answer(nginx, service.token()) == (204, "ok")
                        ran += 1
                time.sleep(2.5)
                assert [connection.end() for connection in held] == [(204, "ok")] * 3
                assert answer(nginx, service.token()) == (204, "ok")
            return ran + 4
    finally:
        support.MODULE = normal
        other.unlink()


# Where a fetch or a lookup is when its worker is killed: the service's fault, and how long after the request.
STEPS = [("none", {}, 0.0), ("delay", {"ms": 400}, 0.0), ("delay", {"ms": 400}, 0.2), ("trickle", {"octets": 60, "ms": 30}, 0.25),
         ("delay", {"ms": 200}, 0.25)]


def killed(nginx, pid):
    os.kill(pid, signal.SIGKILL)
    wait_for("another worker", lambda: pid not in nginx.pids() and len(nginx.pids()) == nginx.workers, 20)


def test_a_worker_killed_at_each_step_of_a_fetch():
    """Good tokens are accepted again once the flight counts as lost; forged ones never are."""
    with Service("--tls") as service:
        ran = 0
        for fault, parameters, after in STEPS:
            with Nginx(KILLED, workers=4, fetch=fetch(service, read="5s"), lookup="", api_keys="") as nginx:
                nginx.allowed = ["exited on signal 9"]
                service.control("fault/config/none")
                service.control(f"fault/config/{fault}", **parameters)
                count = service.count("config")
                good, forged = service.token(lifetime=3600), service.token(tampered=1)
                with Connection(nginx.port) as connection:
                    connection.send("/", bearer(good))
                    if fault != "none":
                        wait_for("the fetch", lambda: service.count("config") > count)
                    time.sleep(after)
                    for pid in nginx.pids():
                        killed(nginx, pid)
                service.control("fault/config/none")
                began = time.monotonic()
                wait_for("good tokens", lambda: answer(nginx, good) == (204, "ok"), 20)
                assert time.monotonic() - began < 11, (fault, after)
                for _ in range(20):
                    assert answer(nginx, good) == (204, "ok") and answer(nginx, forged) == (401, "signature_invalid")
                    ran += 2
        return ran


def test_a_worker_killed_at_each_step_of_a_lookup():
    with Service("--tls") as service:
        ran = 0
        for fault, parameters, after in STEPS:
            with Nginx(KILLED, workers=4, fetch=fetch(service, read="5s"), lookup=lookup(service),
                       api_keys="tesseral_api_keys /lookup cache=1s;") as nginx:
                nginx.allowed = ["exited on signal 9"]
                service.control("fault/api-keys/none")
                key, wrong = service.control("api-key"), service.apiKey[:-10] + "0000000000"
                nginx.secrets = [key]
                wait_for("keys", lambda: answer(nginx, service.token()) == (204, "ok"))
                service.control(f"fault/api-keys/{fault}", **parameters)
                count = service.count("api-keys")
                with Connection(nginx.port) as connection:
                    connection.send("/", bearer(key))
                    if fault != "none":
                        wait_for("the question", lambda: service.count("api-keys") > count)
                    time.sleep(after)
                    for pid in nginx.pids():
                        killed(nginx, pid)
                service.control("fault/api-keys/none")
                began = time.monotonic()
                wait_for("a good key", lambda: answer(nginx, key) == (204, "ok"), 20)
                assert time.monotonic() - began < 11, (fault, after)
                for _ in range(10):
                    assert answer(nginx, key) == (204, "ok") and answer(nginx, wrong) == (401, "api_key_invalid")
                    ran += 2
                service.control("revoke", key=key)
                time.sleep(1.1)
                assert answer(nginx, key) == (401, "api_key_invalid")
        return ran


KILLED = """
    error_log {dir}/error.log notice;
    server {{
        listen 127.0.0.1:{port};
        add_header X-Error $tesseral_error always;
        tesseral_config_request /keys refresh=1s;
        {api_keys}
        tesseral_auth on;
        location / {{ try_files /- =204; }}
        location /optional {{ tesseral_auth optional; try_files /- =204; }}
        {fetch}
        {lookup}
    }}
"""


def lookup(service):
    location = LOOKUP[LOOKUP.index("        location = /lookup"):LOOKUP.rindex("    }}")]
    return location.format(host=service.host, backend=service.backendApiKey, ca=service.caFile)


def test_workers_killed_at_any_time():
    """Four workers under load, keys that rotate, and one worker killed every few tenths of a second. Nobody gets in who must not,
    and afterwards everybody does who may."""
    with Service("--tls") as service:
        with Nginx(KILLED, workers=4, fetch=fetch(service), lookup=lookup(service),
                   api_keys="tesseral_api_keys /lookup cache=300ms negative=300ms;", level="notice") as nginx:
            nginx.allowed = ["exited on signal 9"]
            chance, end, wrong, ran = random.Random(7), time.monotonic() + 12, [], [0]
            tokens = {"good": service.token(lifetime=3600)}
            key, invented = service.apiKey, service.apiKey[:-10] + "0000000000"
            forged = service.token(tampered=1)

            def load():
                while time.monotonic() < end:
                    for credential, never in [(tokens["good"], False), (forged, True), (key, False), (invented, True)]:
                        try:
                            status = answer(nginx, credential, "/")[0]
                        except OSError:
                            continue
                        ran[0] += 1
                        if never and status < 300:
                            wrong.append((credential[:20], status))

            threads = [threading.Thread(target=load) for _ in range(4)]
            for thread in threads:
                thread.start()
            while time.monotonic() < end:
                time.sleep(chance.uniform(0.1, 0.5))
                pids = nginx.pids()
                if pids:
                    os.kill(chance.choice(pids), signal.SIGKILL)
                if chance.random() < 0.2:
                    service.control("rotate")
                    tokens["good"] = service.token(lifetime=3600)
            for thread in threads:
                thread.join()
            assert not wrong, wrong[:5]
            wait_for("four workers", lambda: len(nginx.pids()) == 4, 20)
            wait_for("all is well", lambda: [answer(nginx, credential)[0] for credential in
                                             [service.token(), key, invented, forged]] == [204, 204, 401, 401], 21)
            for _ in range(50):
                assert answer(nginx, service.token(lifetime=3600), "/optional") == (204, "ok")
                assert answer(nginx, key) == (204, "ok")
        assert ran[0] > 100
        return ran[0] + 100
