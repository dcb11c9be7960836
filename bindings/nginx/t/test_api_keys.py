"""API keys by an internal location: which are refused, what is remembered, and that errors let no request in."""

import json
import threading
import time

from client import Connection, bearer, get
from echo import Echo, seen
from nginx import Nginx
from service import Service
from support import wait_for

SERVER = """
    tesseral_snapshot {dir}/keys;
    server {{
        listen 127.0.0.1:{port};
        client_max_body_size 10m;
        add_header X-Error $tesseral_error always;
        add_header X-Organization $tesseral_organization_id always;
        add_header X-Key $tesseral_api_key_id always;
        tesseral_auth on;
        tesseral_api_keys /lookup {options};
        location / {{ try_files /- =204; }}
        location /permission {{ tesseral_require_permission app.posts.read; try_files /- =204; }}
        location /optional {{ tesseral_auth optional; try_files /- =204; }}
        location /without {{ tesseral_api_keys off; try_files /- =204; }}
        location /off {{ tesseral_auth off; try_files /- =204; }}
        location /upload {{ proxy_pass http://127.0.0.1:{port}/off; }}
        location /echo {{ tesseral_pass_credentials off; proxy_pass http://127.0.0.1:{echo}; }}
        location = /metrics {{ tesseral_auth off; tesseral_metrics; }}
        location = /lookup {{
            internal;
            proxy_pass https://{host}/v1/api-keys/authenticate;
            proxy_set_header Authorization "Bearer {backend}";
            proxy_ssl_verify on;
            proxy_ssl_trusted_certificate {ca};
            proxy_ssl_server_name on;
            proxy_ssl_name localhost;
            proxy_connect_timeout 2s;
            proxy_read_timeout 1s;
            proxy_ignore_client_abort on;
            subrequest_output_buffer_size 256k;
        }}
    }}
"""


def start(service, options="", workers=1, echo=1, backend=None):
    nginx = Nginx(SERVER, files={"keys": service.document()}, options=options, workers=workers, host=service.host,
                  backend=backend or service.backendApiKey, ca=service.caFile, echo=echo)
    nginx.secrets = [service.backendApiKey, service.apiKey]
    return nginx


def answer(nginx, key, path="/"):
    response = get(nginx.port, path, bearer(key))
    return response.status, response.get("X-Error")


def test_answers():
    with Service("--tls") as service, Echo() as echo, start(service, "negative=0", echo=echo.port) as nginx:
        reader = service.control("api-key", action="app.posts.read")
        plain = service.control("api-key")
        revoked = service.control("api-key")
        service.control("revoke", key=revoked)
        unknown = reader[:-5] + ("aaaaa" if not reader.endswith("aaaaa") else "bbbbb")
        nginx.secrets += [reader, plain, revoked]
        cases = [
            (reader, "/", 204, "ok"),
            (reader, "/permission", 204, "ok"),
            (plain, "/permission", 403, "permission_missing"),
            (plain, "/", 204, "ok"),
            (revoked, "/", 401, "api_key_invalid"),
            (unknown, "/", 401, "api_key_invalid"),
            ("short_key", "/", 401, "api_key_invalid"),
            ("z" * 60, "/", 401, "api_key_invalid"),
            (reader, "/without", 401, "credentials_unrecognized"),
            ("short_key", "/without", 401, "credentials_unrecognized"),
            (reader, "/optional", 204, "api_key_lookup_needed"),
            (service.token(), "/", 204, "ok"),
        ]
        for key, path, status, error in cases:
            assert answer(nginx, key, path) == (status, error), (path, status, error, answer(nginx, key, path))
        for headers in [[("Cookie", f"{service.cookieName}={reader}")]]:
            assert get(nginx.port, "/", headers).get("X-Error") == "credentials_unrecognized"
        pairs = dict(seen(get(nginx.port, "/echo", bearer(reader) + [("X-Tesseral-Api-Key-Id", "forged")])))
        assert pairs["x-tesseral-credentials-type"] == "api_key"
        assert pairs["x-tesseral-api-key-id"].startswith("api_key_")
        assert pairs["x-tesseral-organization-id"].startswith("org_")
        assert json.loads(pairs["x-tesseral-actions"]) == ["app.posts.read"]
        assert "x-tesseral-user-id" not in pairs and reader not in str(pairs)
        service.control("api-keys", enabled=0)
        assert answer(nginx, reader) == (403, "api_keys_not_permitted")
        return len(cases) + 3


def test_nothing_of_the_client_reaches_the_service():
    with Service("--tls") as service, start(service) as nginx:
        headers = bearer(service.apiKey) + [
            ("Cookie", "secret=1"), ("Range", "bytes=0-10"), ("If-None-Match", '"x"'), ("Expect", "100-continue"),
            ("Content-Type", "text/plain"), ("Accept-Encoding", "gzip"), ("X-Mine", "1")]
        with Connection(nginx.port) as connection:
            connection.send("/upload", headers, method="PUT", body=b"x" * 2_000_000)
            response = connection.receive()
            while response.status == 100:
                response = connection.receive()
            assert response.status == 204, response
        (request,) = service.requests("api-keys")
        headers = {name.lower(): value for name, value in request["headers"]}
        assert set(headers) == {"host", "connection", "authorization", "content-type", "content-length"}, request
        assert headers["authorization"] == "Bearer " + service.backendApiKey
        assert request["method"] == "POST" and headers["content-type"] == "application/json"
        assert json.loads(request["body"]) == {"secretToken": service.apiKey}
        return 6


FAULTS = [("status", {"status": 500}), ("status", {"status": 404}), ("status", {"status": 401}), ("close", {}),
          ("reset", {}), ("html", {}), ("empty-ok", {}), ("truncate", {"octets": 20}),
          ("oversize", {"octets": 300_000}),
          ("malformed-json", {}), ("gzip", {}), ("hang", {})]


def test_fails_closed():
    with Service("--tls") as service, start(service, "cache=1h negative=1h") as nginx:
        for fault, parameters in FAULTS:
            service.control(f"fault/api-keys/{fault}", **parameters)
            response = get(nginx.port, "/", bearer(service.apiKey))
            assert (response.status, response.get("X-Error")) == (503, "api_key_lookup_failed"), (fault, response)
            assert response.get("Retry-After") and not response.get("WWW-Authenticate"), fault
        service.control("fault/api-keys/none")
        assert answer(nginx, service.apiKey) == (204, "ok"), "a failure was remembered"
        with start(service, backend="tesseral_secret_key_0000000000000000000000000") as wrong:
            wrong.secrets = [service.apiKey]
            assert answer(wrong, service.apiKey) == (503, "api_key_lookup_failed")
        return len(FAULTS) + 2


def test_cache():
    with Service("--tls") as service, start(service, "cache=1s negative=1s", workers=2) as nginx:
        key = service.control("api-key", action=["app.posts.read", "app.posts.\u00e9"])
        for _ in range(30):
            assert answer(nginx, key, "/permission") == (204, "ok")
        assert service.count("api-keys") == 1
        assert answer(nginx, key, "/optional") == (204, "ok"), "what is remembered serves optional too"
        service.control("revoke", key=key)
        time.sleep(1.1)
        for _ in range(30):
            assert answer(nginx, key) == (401, "api_key_invalid")
        assert service.count("api-keys") == 2
        values = json.loads(get(nginx.port, "/metrics?format=json").body)
        assert values["tesseral_api_key_lookups_total"] == 2
        assert values["tesseral_api_key_answers_reused_total"] == 59, values
    with Service("--tls") as service, start(service) as nginx:
        for _ in range(5):
            assert answer(nginx, service.apiKey) == (204, "ok")
        assert service.count("api-keys") == 5, "good answers are not remembered unless asked to"
    return 67


def test_many_answers_in_a_small_zone():
    """A full zone drops the oldest answers; no request gets a wrong one."""
    with Service("--tls") as service:
        nginx = Nginx("tesseral_zone 64k;" + SERVER, files={"keys": service.document()}, options="cache=1h",
                      host=service.host, backend=service.backendApiKey, ca=service.caFile, echo=1)
        keys = [service.control("api-key", user=n) for n in range(120)]
        with nginx, Connection(nginx.port) as connection:
            organizations = {}
            for _ in range(2):
                for key in keys:
                    response = connection.get("/", bearer(key))
                    assert response.status == 204, response
                    assert organizations.setdefault(key, response.get("X-Key")) == response.get("X-Key")
            assert len(set(organizations.values())) == 120
        return 240


def at_once(nginx, keys, path="/"):
    """The status of each key when all requests come at once."""
    results = [None] * len(keys)

    def ask(place):
        results[place] = answer(nginx, keys[place], path)

    threads = [threading.Thread(target=ask, args=(place,)) for place in range(len(keys))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def invented(key, number):
    """An API key of the right shape that the service does not know."""
    return key[:-10] + f"{number:010}"


def test_one_question_for_all_who_ask():
    """Requests of two workers share one question, at first and again after the answer has expired."""
    with Service("--tls") as service, start(service, "cache=1s", workers=2) as nginx:
        service.control("fault/api-keys/delay", ms=300)
        for count in range(1, 4):
            results = at_once(nginx, [service.apiKey] * 150)
            assert results == [(204, "ok")] * 150, results
            assert service.count("api-keys") == count
            time.sleep(1.1)
        service.control("fault/api-keys/hang")
        results = at_once(nginx, [service.apiKey] * 20)
        assert results == [(503, "api_key_lookup_failed")] * 20, results
        # Requests that came after the question was sent share the next one, which fails for all of them.
        assert service.count("api-keys") == 5
        return 470


def test_limit_of_lookups():
    """`max` limits questions, and a quarter of them is kept for keys that were good."""
    with Service("--tls") as service, start(service, "max=4", workers=2) as nginx:
        unknown = [invented(service.apiKey, number) for number in range(12)]
        nginx.secrets += unknown
        assert answer(nginx, service.apiKey) == (204, "ok")
        service.control("fault/api-keys/delay", ms=500)
        results = at_once(nginx, unknown + [service.apiKey] * 5)
        assert sorted(results[:12]) == [(401, "api_key_invalid")] * 3 + [(503, "api_key_lookup_failed")] * 9, results
        assert results[12:] == [(204, "ok")] * 5, results
        # Each worker logs one line, however many requests it refuses.
        assert 1 <= nginx.log().count("too many look-ups of API keys by") <= 2
        # Without "cache", requests that came while a question was under way need a new one, which serves all of them.
        assert 5 <= service.count("api-keys") <= 7
        # A client that goes away frees its place.
        for number in range(6):
            with Connection(nginx.port) as connection:
                connection.send("/", bearer(invented(service.apiKey, 100 + number)))
                time.sleep(0.05)
        time.sleep(0.8)
        assert answer(nginx, invented(service.apiKey, 200)) == (401, "api_key_invalid")
        return 18


def test_refusals_displace_no_good_answer():
    with Service("--tls") as service:
        nginx = Nginx("tesseral_zone 256k;" + SERVER, files={"keys": service.document()},
                      options="cache=1h negative=1h max=256", workers=2, host=service.host,
                      backend=service.backendApiKey, ca=service.caFile, echo=1).start()
        good = [service.control("api-key") for _ in range(20)]
        assert [answer(nginx, key) for key in good] == [(204, "ok")] * 20
        for batch in range(60):
            results = at_once(nginx, [invented(service.apiKey, 100 * batch + number) for number in range(40)])
            assert results == [(401, "api_key_invalid")] * 40, results
        count = service.count("api-keys")
        assert [answer(nginx, key) for key in good] == [(204, "ok")] * 20
        assert service.count("api-keys") == count
        nginx.stop()
        return 2440


def test_who_waits_survives_who_asks():
    """When the client whose request sent the question goes away, another request sends it."""
    with Service("--tls") as service:
        http = SERVER.replace("proxy_ignore_client_abort on;", "")
        nginx = Nginx(http, files={"keys": service.document()}, options="cache=1s", workers=1, host=service.host,
                      backend=service.backendApiKey, ca=service.caFile, echo=1)
        with nginx:
            service.control("fault/api-keys/delay", ms=700)
            asker = Connection(nginx.port)
            asker.send("/", bearer(service.apiKey))
            wait_for("asked", lambda: service.count("api-keys") == 1)
            threading.Timer(0.2, asker.close).start()
            assert at_once(nginx, [service.apiKey] * 20) == [(204, "ok")] * 20
            assert service.count("api-keys") == 2
        return 20


def test_answers_serve_by_their_question():
    """Without "cache", an answer serves only requests that came before its question was sent."""
    with Service("--tls") as service:
        http = SERVER.replace("location /off", "location /cached {{ tesseral_api_keys /lookup cache=1h; "
                              "try_files /- =204; }} location /off")
        nginx = Nginx(http, files={"keys": service.document()}, options="negative=0", workers=2, host=service.host,
                      backend=service.backendApiKey, ca=service.caFile, echo=1)
        with nginx:
            key = service.control("api-key")
            assert answer(nginx, key, "/cached") == (204, "ok")
            service.control("revoke", key=key)
            assert answer(nginx, key) == (401, "api_key_invalid"), "an answer of before"
            key = service.control("api-key")
            service.control("fault/api-keys/hang")
            count = service.count("api-keys") + 1
            first = Connection(nginx.port)
            first.send("/cached", bearer(key))
            wait_for("asked", lambda: service.count("api-keys") == count)
            second = Connection(nginx.port)
            second.send("/", bearer(key))
            time.sleep(0.2)
            assert service.count("api-keys") == count, "two questions at once"
            service.control("revoke", key=key)
            service.control("fault/api-keys/none")
            assert first.receive().status == 503
            assert second.receive().status == 401, "not asked after it had come"
            first.close()
            second.close()
        return 4
