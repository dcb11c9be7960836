"""How keys and answers are told apart: no server uses those of another one, whatever their names. After a reload, none uses what
belonged to another one before."""

import threading
import time

from client import bearer, get
from nginx import Nginx
from service import Service
from support import free_port, wait_for
from test_fetch import fetch
from test_reload import memory

SERVER = """
    server {{
        listen 127.0.0.1:{port}%(default)s;
        server_name %(name)s;
        add_header X-Server %(project)s always;
        tesseral_auth on;
        %(pin)s
        tesseral_config_request /keys;
        tesseral_api_keys /lookup cache=1h negative=1h;
        location / {{ try_files /- =204; }}
        location /strict {{ tesseral_api_keys /lookup negative=0; try_files /- =204; }}
        location = /lookup {{
            internal;
            proxy_pass https://%(host)s/v1/api-keys/authenticate;
            proxy_set_header Authorization "Bearer %(backend)s";
            proxy_ssl_verify on;
            proxy_ssl_trusted_certificate %(ca)s;
            proxy_ssl_server_name on;
            proxy_ssl_name localhost;
            proxy_ignore_client_abort on;
        }}
        %(fetch)s
    }}
"""


def server(service, name, default="", pin=False):
    """A document of this service's project."""
    return SERVER % {"name": name, "default": default, "project": service.projectId, "host": service.host,
                     "ca": service.caFile, "backend": service.backendApiKey, "fetch": escaped(fetch(service)),
                     "pin": f"tesseral_project_id {service.projectId};" if pin else ""}


def escaped(text):
    return text.replace("{", "{{").replace("}", "}}")


def mixed(nginx, services, hosts):
    """Asks for each host with each project's credentials; returns the projects whose servers answered, and how often."""
    found, ran = set(), 0
    for _ in range(3):
        for host in hosts:
            for service in services:
                for credential in [service.token(), service.apiKey]:
                    response = get(nginx.port, "/", bearer(credential), host=host)
                    found.add(response.get("X-Server"))
                    own = response.get("X-Server") == service.projectId
                    assert response.status == (204 if own else 401), (host, own, response)
                    ran += 1
    return found, ran


# Names of the servers of two projects; nginx accepts all of them without a warning.
TWINS = [
    (r"~^(a|x)\.test$", r"~^(a|x)\.test$ b.test"),
    (r"~^(a|x)\.test$ b.test", r"~^(a|x)\.test$"),
    (r"~^(a|x)\.test$ a.test", r"~^(a|x)\.test$ b.test"),
    ('"" a.test', '"~^$" "" b.test'),
]


def test_servers_of_one_name():
    """On one address, in either order, and over a reload."""
    with Service("--tls") as one, Service("--tls") as two:
        projects, ran = {one.projectId, two.projectId}, 0
        for first, second in TWINS:
            # The second has all other hosts, too.
            servers = [server(one, first), server(two, second, " default_server")]
            with Nginx("".join(servers), workers=2) as nginx:
                for reloads in range(4):
                    found, count = mixed(nginx, [one, two], ["a.test", "b.test", "c.test"])
                    assert found == projects or reloads > 1, (first, second)
                    ran += count
                    nginx.configure("".join(servers if reloads == 0 else servers[::-1]))
                    nginx.reload()
        return ran


def test_several_listens():
    """Two servers of the same names on two ports each, where each is the default server of one of them."""
    with Service("--tls") as one, Service("--tls") as two:
        ran, second = 0, free_port()
        for pin in [False, True]:
            for name in ['""', r"~^(a|x)\.test$", "a.test a.test."]:
                http = (server(one, name, f"; listen 127.0.0.1:{second} default_server", pin)
                        + server(two, name, f" default_server; listen 127.0.0.1:{second}", pin))
                with Nginx(http, workers=2) as nginx:
                    for _ in range(2):
                        for port, own, other in [(nginx.port, two, one), (second, one, two)]:
                            for service in [own, other]:
                                for credential in [service.token(), service.apiKey]:
                                    response = get(port, "/", bearer(credential), host="z.test")
                                    assert response.get("X-Server") == own.projectId, (name, response)
                                    assert response.status == (204 if service is own else 401), (name, response)
                                    ran += 1
                        nginx.reload()
        return ran


def test_servers_that_differ_in_nothing():
    """Two servers are equal but for one being the default server; both are used."""
    with Service("--tls") as one, Service("--tls") as two:
        name, ran = r"~^a\.test$", 0
        for pin in [False, True]:
            http = server(one, name, pin=pin) + server(two, name, " default_server", pin=pin)
            with Nginx(http, workers=2) as nginx:
                for _ in range(2):
                    found, count = mixed(nginx, [one, two], ["a.test", "b.test"])
                    assert found == {one.projectId, two.projectId}
                    ran += count
                    nginx.reload()
        return ran


LOST = 'keys of "/keys" may belong to any project, and a reload drops them: set "tesseral_project_id"'


def outage(services, fault="close"):
    for service in services:
        service.control(f"fault/config/{fault}")
        service.control(f"fault/api-keys/{fault}")


def answers(nginx, host, credentials):
    return [get(nginx.port, "/", bearer(credential), host=host).status for credential in credentials]


def test_reload_during_an_outage():
    """After a reload, nginx keeps only what certainly belongs to the same project."""
    with Service("--tls") as one, Service("--tls") as two:
        name, ran = r"~^a\.test$", 0
        # A token and an API key of each project: which of them need no service shows what was kept.
        ours, theirs = ([service.token(lifetime=3600), service.apiKey] for service in [one, two])
        both = server(one, name) + server(two, name, " default_server")
        pinned = server(one, name, pin=True) + server(two, name, " default_server", pin=True)
        other = "server {{ listen 127.0.0.1:{port}; server_name z.test; }}"
        no, keys, all_of_it = [503, 503], [204, 503], [204, 204]
        # Before and after the reload; what the first project's credentials get at a.test, the second's at others.
        cases = [
            # Without tesseral_project_id nothing says that the project is the same; nginx warns of that.
            (both, both, no, no),
            (pinned, pinned, all_of_it, all_of_it),
            # One more server before them: the keys of a known project stay.
            (both, other + both, no, no),
            (pinned, other + pinned, keys, keys),
            (pinned, pinned + "# changed\n", keys, keys),
            # The name belongs to the other project now.
            (both, server(two, name) + both, no, no),
            (both, server(two, name) + server(one, name, " default_server"), no, no),
            (pinned, server(two, name, pin=True) + pinned, [401, 503], no),
            # The same server, and a location that asks for the other project's keys.
            (server(one, name), server(two, name), no, no),
        ]
        for number, (before, after, first, second) in enumerate(cases):
            outage([one, two], "none")
            with Nginx(before) as nginx:
                assert answers(nginx, "a.test", ours) == all_of_it, number
                assert before.count("listen") == 1 or answers(nginx, "b.test", theirs) == all_of_it, number
                assert (LOST in nginx.log()) == (before != pinned), number
                outage([one, two])
                nginx.configure(after)
                nginx.reload()
                assert answers(nginx, "a.test", ours) == first, number
                assert answers(nginx, "b.test", theirs) == second, number
                ran += 8
        return ran


def test_files_that_tell_what_is_fetched():
    """The files may be included in every way that nginx knows."""
    with Service("--tls") as one, Service("--tls") as two:
        lines = ["include {dir}/keys.conf;", "include 'keys.conf' ;", 'include # of keys\n  "{dir}/keys.conf";',
                 "include key?.conf;", "include more/*.conf;", "include indirect.conf;"]
        for line in lines:
            http = escaped(line).replace("{{dir}}", "{dir}").join((SERVER % {
                "name": "a.test", "default": "", "project": "p", "host": one.host, "ca": one.caFile, "backend": one.backendApiKey,
                "pin": f"tesseral_project_id {one.projectId};", "fetch": "@"}).split("@"))
            outage([one, two], "none")
            nginx = Nginx(http, files={"keys.conf": fetch(one), "indirect.conf": "include keys.conf;\n"})
            (nginx.dir / "more").mkdir()
            (nginx.dir / "more" / "first.conf").write_text(fetch(one))
            with nginx:
                assert answers(nginx, "a.test", [one.apiKey]) == [204], line
                outage([one, two])
                nginx.reload()
                assert answers(nginx, "a.test", [one.apiKey]) == [204], line
                for name in ["keys.conf", "more/first.conf"]:
                    nginx.write(name, fetch(two))
                nginx.reload()
                assert answers(nginx, "a.test", [one.apiKey]) == [503], line
                assert "once more" not in nginx.log()
        return 3 * len(lines)


def test_worker_of_the_last_configuration():
    """Keys that an old worker fetches stay with its own configuration."""
    with Service("--tls") as one, Service("--tls") as two:
        token, results = one.token(lifetime=3600), []
        one.control("fault/config/delay", ms=800)
        with Nginx(server(one, "a.test")) as nginx:
            thread = threading.Thread(target=lambda: results.append(answers(nginx, "a.test", [token])))
            thread.start()
            wait_for("the worker fetches", lambda: one.count("config") == 1)
            time.sleep(0.2)
            nginx.configure(server(two, "a.test"))
            nginx.reload()
            thread.join()
            assert results == [[204]], results
            assert answers(nginx, "a.test", [token, two.token()]) == [401, 204]
        return 3


def test_many_reloads_of_other_configurations():
    """After many reloads, the shared memory holds the records of the last configuration, not of all."""
    with Service("--tls") as service:
        zone = "tesseral_zone 128k; # {number}\n"
        http = zone + server(service, "a.test") + server(service, "b.test", pin=True)
        with Nginx(http, number=0, workers=1, level="notice") as nginx:
            for number in range(60):
                assert answers(nginx, "a.test", [service.token()]) == [204], number
                assert answers(nginx, "b.test", [service.token()]) == [204], number
                nginx.configure(http.replace("a.test", f"a{number}.test a.test"), number=number)
                nginx.reload()
        return 60


def test_lookups_of_one_uri():
    """Each location's own settings say how long an answer serves it; the newest answer is the one that does."""
    with Service("--tls") as service, Nginx(server(service, "a.test")) as nginx:
        key = service.control("api-key")
        for path in ["/", "/strict", "/", "/strict"]:
            assert get(nginx.port, path, bearer(key)).status == 204
        assert service.count("api-keys") == 3
        service.control("revoke", key=key)
        assert get(nginx.port, "/strict", bearer(key)).status == 401
        assert get(nginx.port, "/", bearer(key)).status == 401, "accepted after it was known to be revoked"
        assert service.count("api-keys") == 4
        return 6


def test_sources_share_the_base_table():
    """A source more takes one table of 256 KiB for its one key, and none for the curve's base point."""
    counts, held = [1, 17], []
    for count in counts:
        places = [f"location /{leeway} {{{{ tesseral_leeway {leeway}s; tesseral_auth on; tesseral_snapshot {{dir}}/keys; "
                  "try_files /- =204; }}" for leeway in range(count)]
        with Service() as service:
            http = "server {{ listen 127.0.0.1:{port}; " + " ".join(places) + "}}"
            good, tampered = service.token(), service.token(tampered=1)
            with Nginx(http, files={"keys": service.document().decode()}) as nginx:
                for leeway in range(count):
                    assert get(nginx.port, f"/{leeway}", bearer(good)).status == 204
                    assert get(nginx.port, f"/{leeway}", bearer(tampered)).status == 401
                # The master fills the tables.
                held.append(memory(nginx.master()))
    each = (held[1] - held[0]) / (counts[1] - counts[0])
    assert 240 < each < 384, each
    return 2 * sum(counts)
