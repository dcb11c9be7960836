"""The module fetches keys by requests of its own: no client waits for them, and no client sees them."""

import contextlib
import os
import re
import threading
import time

from client import Connection, bearer, get
from echo import Echo
from nginx import Nginx
from service import Service
from support import wait_for
from test_fetch import answer, fetch, start


def fetched(service, least, seconds=10):
    wait_for(f"{least} fetches", lambda: service.count("config") >= least, seconds)


def test_an_idle_server_keeps_its_keys_fresh():
    """No request comes while keys rotate; later the service is gone."""
    for workers in [1, 2]:
        with Service("--tls") as service, start(service, "refresh=1s cooldown=200ms", workers=workers) as nginx:
            fetched(service, 1)
            service.control("rotate")
            token, count = service.token(), service.count("config")
            fetched(service, count + 2)
            assert service.count("config") <= count + 3, "more than one worker fetches"
            service.control("fault/config/close")
            for _ in range(4):
                began = time.monotonic()
                assert answer(nginx, token) == (204, "ok")
                assert time.monotonic() - began < 0.5
            # nginx fetches again by itself, after a failure too.
            service.control("rotate")
            service.control("fault/config/none")
            token, count = service.token(), service.count("config")
            fetched(service, count + 2)
            assert not nginx.access_log()[4:], "a line for nobody's request"
    return 8


def test_no_client_is_delayed_by_a_fetch():
    with Service("--tls") as service, start(service, "refresh=1s cooldown=200ms", read="5s") as nginx:
        token = service.token()
        assert answer(nginx, token) == (204, "ok")
        service.control("fault/config/delay", ms=3000)
        fetched(service, 2)
        began = time.monotonic()
        # Reads until nginx closes the connection.
        with Connection(nginx.port) as connection:
            connection.send("/", bearer(token), close=True)
            assert connection.receive().status == 204
            assert connection.file.read() == b""
        with Connection(nginx.port) as connection:
            for _ in range(10):
                assert connection.get("/", bearer(token)).status == 204
        assert time.monotonic() - began < 0.5, time.monotonic() - began
        assert service.count("config") == 2
        # A client that waits for its key and goes away does not end the fetch.
        service.control("rotate")
        fetched(service, 3)
        unknown = service.token()
        with Connection(nginx.port) as connection:
            connection.send("/", bearer(unknown))
            time.sleep(0.2)
        count = service.count("config")
        wait_for("its fetch ends well", lambda: answer(nginx, unknown) == (204, "ok"))
        assert service.count("config") == count
        return 13


ODD = """
    geo $place {{ default far; 127.0.0.0/8 near; }}
    map $remote_addr $mapped {{ default other; "unix:" unix; }}
    limit_conn_zone $binary_remote_addr zone=connections:1m;
    limit_req_zone $server_name zone=requests:1m rate=1r/m;
    set_real_ip_from 0.0.0.0/0;
    set_real_ip_from unix:;
    real_ip_header X-Real-IP;
    log_format all '$remote_addr|$remote_port|$server_addr|$server_port|$request|$request_uri|$uri|$host|$http_x|$cookie_x|'
                   '$realip_remote_addr|$place|$mapped|$connection|$connection_requests|$request_time|$status|$scheme|'
                   '$server_protocol|$proxy_add_x_forwarded_for|$request_length|$bytes_sent|$request_id|$tcpinfo_rtt|'
                   '$limit_rate|$tesseral_error|$tesseral_user_id|$upstream_addr|$proxy_protocol_addr|$remote_user|$pipe|'
                   '$content_length|$http_host|$args|$is_args|$request_completion|$request_body|$document_uri';
    server {{
        listen 127.0.0.1:{port};
        tesseral_config_request /keys refresh=200ms cooldown=100ms;
        deny all;
        tesseral_auth on;
        post_action /post;
        error_page 404 503 /error;
        limit_conn connections 1;
        limit_req zone=requests;
        location / {{ satisfy any; try_files /- =204; }}
        location = /keys {{
            internal;
            log_subrequest on;
            access_log {dir}/all.log all;
            proxy_set_header X-All "$remote_addr $place $mapped $binary_remote_addr $proxy_add_x_forwarded_for";
            proxy_pass http://127.0.0.1:{echo}/;
            proxy_cache keys;
            proxy_cache_valid 200 1s;
            proxy_cache_key $uri;
        }}
    }}
    proxy_cache_path {dir}/cache keys_zone=keys:1m;
"""


def test_what_an_operator_may_ask_in_the_location():
    """The location may use variables of the connection, limits, refusals, logs and a cache, without a client."""
    with Echo() as echo, Nginx(ODD, echo=echo.port) as nginx:
        def lines():
            path = nginx.dir / "all.log"
            return path.read_text().splitlines() if path.exists() else []

        # The echo's answer is not a document; each fetch has its own log line.
        wait_for("fetches", lambda: len(lines()) >= 3, 20)
        fields = lines()[-1].split("|")
        assert fields[:2] == ["unix:", ""] and fields[2] == "unix:" and fields[6] == "/keys", fields
        assert fields[11:13] == ["far", "unix"] and fields[16] == "200", fields
        assert nginx.access_log() == [], nginx.access_log()
        assert "its document was refused" in nginx.log() and "limiting" not in nginx.log()
        return len(fields)


STATUS = """
    server {{
        listen 127.0.0.1:{port};
        tesseral_config_request /keys refresh=100ms cooldown=100ms;
        location = /status {{ stub_status; }}
        location /a {{ tesseral_auth on; try_files /- =204; }}
        {fetch}
    }}
"""


def test_stub_status_counts_clients_only():
    with Service("--tls") as service:
        with Nginx(STATUS, fetch=fetch(service)) as nginx:
            def status():
                body = get(nginx.port, "/status").body.decode()
                return [int(number) for number in re.findall(r"\d+", body)]

            first, count = status(), service.count("config")
            service.control("fault/config/delay", ms=30)
            for n in range(1, 100):
                active, _, _, requests, reading, writing, waiting = status()
                assert (active, reading, writing, waiting) == (1, 0, 1, 0), (active, reading, writing, waiting)
                assert requests - first[3] == n, requests
                time.sleep(0.02)
            assert service.count("config") > count + 5
        return 99


def test_exits_at_once_during_a_fetch():
    ran = 0
    for fault in ["hang", "trickle"]:
        with Service("--tls") as service:
            service.control(f"fault/config/{fault}", **({"octets": 1, "ms": 500} if fault == "trickle" else {}))
            with start(service, read="30s", workers=2) as nginx:
                fetched(service, 1)
                began = time.monotonic()
                nginx.reload()
                fetched(service, 2)
                nginx.stop()
                assert time.monotonic() - began < 2, (fault, time.monotonic() - began)
                assert "open socket" not in nginx.log()
                assert "no keys from" not in nginx.log(), "an exit is no failure"
                nginx.start()
                ran += 2
    return ran


def test_no_connection_is_left_for_a_fetch():
    """No connection is free for a fetch: a request that would wait is refused, and nginx fetches as soon as it can."""
    with Service("--tls") as service:
        nginx = start(service, "cooldown=200ms")
        nginx.allowed = ["worker_connections are not enough"]
        conf = nginx.dir / "nginx.conf"
        conf.write_text(conf.read_text().replace("worker_connections 1024;", "worker_connections 16;"))
        with nginx, contextlib.ExitStack() as stack:
            assert answer(nginx, service.token()) == (204, "ok")
            fetched(service, 1)
            service.control("rotate")
            token, others = service.token(), []
            while "worker_connections are not enough" not in nginx.log():
                others.append(stack.enter_context(Connection(nginx.port)))
                # nginx may close a connection on which nothing was sent.
                others[-1].socket.sendall(b"GET / HTTP/1.1\r\n")
                time.sleep(0.05)
                assert len(others) <= 16
            others[0].close()
            time.sleep(0.1)
            assert answer(nginx, token) == (401, "key_unknown") and service.count("config") == 1
            for other in others:
                other.close()
            wait_for("a fetch", lambda: answer(nginx, service.token()) == (204, "ok"))
            return len(others)


def test_a_waiting_client_outlives_a_reload():
    with Service("--tls") as service:
        service.control("fault/config/delay", ms=1500)
        with start(service, read="5s") as nginx:
            token, results = service.token(), []
            fetched(service, 1)
            thread = threading.Thread(target=lambda: results.append(answer(nginx, token)))
            thread.start()
            time.sleep(0.3)
            nginx.reload()
            thread.join()
            assert results == [(204, "ok")], results
            assert answer(nginx, token) == (204, "ok")
        return 2


def test_a_fetch_has_an_end():
    """A service that sends an octet now and then never triggers a time-out of nginx, so the fetch has a limit of its own."""
    with Service("--tls") as service:
        service.control("fault/config/trickle", octets=1, ms=400)
        with start(service, read="1s") as nginx:
            fetched(service, 1)
            began = time.monotonic()
            wait_for("given up", lambda: "it took too long" in nginx.log(), 12)
            assert time.monotonic() - began > 7
            service.control("fault/config/none")
            token = service.token()
            wait_for("another one", lambda: answer(nginx, token) == (204, "ok"))
        return 2


MANY = """
    error_log {dir}/error.log notice;
    server {{
        listen 127.0.0.1:{port};
        tesseral_config_request /keys refresh=100ms cooldown=100ms;
        tesseral_auth on;
        {locations}
        {fetch}
    }}
"""

FAULTS = [("status", {"status": 500}), ("close", {}), ("reset", {}), ("truncate", {"octets": 60}), ("hang", {}),
          ("oversize", {"octets": 300_000}), ("malformed-json", {}), ("trickle", {"octets": 200, "ms": 10}), ("none", {})]


def thousands(service, fetches, **more):
    """An nginx with many sources, which differ only in their leeway; good and failing fetches alternate."""
    locations = "".join(f"location /{n} {{ tesseral_leeway {n}s; try_files /- =204; }}\n" for n in range(1, 21))
    with Nginx(MANY, locations=locations, fetch=fetch(service, read="300ms"), **more) as nginx:
        for round in range(2):
            until, turn = service.count("config") + fetches // 2, 0
            while service.count("config") < until:
                fault, parameters = FAULTS[turn % len(FAULTS)]
                service.control(f"fault/config/{fault}", **parameters)
                time.sleep(0.3)
                turn += 1
            service.control("fault/config/none")
            token = service.token()
            wait_for("keys", lambda: answer(nginx, token, "/7") == (204, None))
            yield nginx


def test_a_thousand_fetches_leave_nothing():
    with Service("--tls") as service:
        (before, fds), (after, fds_after) = [(memory(nginx), files_of_no_fetch(nginx))
                                            for nginx in thousands(service, 2000)]
        assert after - before < 1024, (before, after)
        assert fds_after - fds <= 20, (fds, fds_after)
        return service.count("config")


def memory(nginx):
    """Resident memory of the worker, in KiB."""
    with open(f"/proc/{nginx.pids()[0]}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


def open_files(nginx):
    return len(os.listdir(f"/proc/{nginx.pids()[0]}/fd"))


def files_of_no_fetch(nginx):
    """The least number of open files in a second: each fetch that is under way has two."""
    counts = []
    for _ in range(20):
        counts.append(open_files(nginx))
        time.sleep(0.05)
    return min(counts)
