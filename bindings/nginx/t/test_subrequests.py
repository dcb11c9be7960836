"""Subrequests are protected as main requests are, each by the settings of its own location, and leave main as it was."""

import base64
import json
import os
import re
import threading
import time
from pathlib import Path

from client import Connection, bearer, get
from echo import Echo
from nginx import Nginx
from service import Service
from support import MODULE, free_port, wait_for
from test_fetch import fetch
from test_own import open_files

# Debian's package libnginx-mod-http-js, where the module is a loadable one, too.
NJS = [Path(folder) / "ngx_http_js_module.so" for folder in [os.environ.get("NGINX_MODULES", ""), "/usr/lib/nginx/modules"]]

PLACES = """
        location = /verify {{ tesseral_auth on; add_header X-Tesseral-User-Id $tesseral_user_id; try_files /- =204; }}
        location /auth_request {{ auth_request /verify; auth_request_set $who $tesseral_user_id; add_header X-Who $who always;
                                  try_files /ok =404; }}
        location /ssi {{ ssi on; default_type text/html; try_files /page.html =404; }}
        location /inner {{ tesseral_auth on; default_type text/html; try_files /secret =404; }}
        location /mirror {{ mirror /mirrored; proxy_pass {echo}; }}
        location = /mirrored {{ internal; tesseral_auth on; proxy_pass {echo}/mirrored; }}
        location /addition {{ default_type text/html; addition_types *; add_after_body /inner; try_files /ok =404; }}
        location /slice {{ tesseral_auth on; slice 4; proxy_set_header Range $slice_range; proxy_http_version 1.1;
                           proxy_cache cache; proxy_cache_key $tesseral_user_id$uri$slice_range;
                           proxy_cache_valid 200 206 1m; proxy_pass http://127.0.0.1:{upstream}/secret; }}
        location /cached {{ tesseral_auth on; proxy_cache cache; proxy_cache_key $tesseral_user_id$uri;
                            proxy_cache_valid 200 1s; proxy_cache_use_stale updating; proxy_cache_background_update on;
                            proxy_pass http://127.0.0.1:{upstream}/secret; }}
        {njs}
"""

SERVERS = """
    proxy_cache_path {dir}/cache keys_zone=cache:1m use_temp_path=off;
    log_format files '$http_x_tesseral_user_id|$http_range';
    {import}
    server {{
        listen 127.0.0.1:{port};
        tesseral_snapshot {dir}/keys;
        location = /metrics {{ tesseral_metrics; }}
""" + PLACES + """
    }}
    server {{
        listen 127.0.0.1:{without};
        tesseral_config_request /keys;
        location = /keys {{ internal; proxy_pass http://127.0.0.1:{nothing}; }}
""" + PLACES + """
    }}
    server {{
        listen 127.0.0.1:{upstream};
        access_log {dir}/files.log files;
        tesseral_strip_identity off;
        location / {{ }}
    }}
"""

PAGE = "before <!--# include virtual=\"/inner\" --> after\n"

NJS_FILE = """
async function ask(r) {
    const answer = await r.subrequest('/inner');
    r.return(answer.status, answer.responseText);
}
export default {ask};
"""


def njs():
    """The path of njs, or None; there is one only for Debian's nginx and the loadable module."""
    return next((path for path in NJS if path.is_file()), None) if MODULE else None


def judged(nginx):
    """How many requests of clients the module has counted."""
    text = get(nginx.port, "/metrics").body.decode()
    return sum(int(number) for number in re.findall(r"^tesseral_requests_total.*} (\d+)$", text, re.M))


def start(service, echo, **more):
    js, ports = njs(), {name: free_port() for name in ["without", "nothing", "upstream"]}
    nginx = Nginx(SERVERS, files={"keys": service.document(), "ask.js": NJS_FILE, "html/secret": "the secret\n",
                                  "html/page.html": PAGE},
                  main=f"load_module {js};" if js else "", echo=f"http://127.0.0.1:{echo.port}",
                  njs="location /njs { js_content ask.ask; }" if js else "", **ports, **more,
                  **{"import": "js_path {dir}; js_import ask.js;".replace("{dir}", "..") if js else ""})
    return nginx, ports


def test_every_kind():
    """A table: the kind of subrequest, and none, good, expired credentials, or no keys."""
    kinds = ["auth_request", "ssi", "mirror", "addition", "slice", "cached"]
    if njs():
        kinds.append("njs")
    else:
        print("SKIPPED: njs: no ngx_http_js_module.so for this nginx")
    with Service() as service, Echo() as echo:
        good, expired = service.token(lifetime=3600), service.token(expired=1)
        nginx, ports = start(service, echo)
        nginx.secrets = [good, expired]
        columns = [("none", nginx.port, [], 401), ("good", nginx.port, bearer(good), 200),
                   ("expired", nginx.port, bearer(expired), 401), ("no keys", ports["without"], bearer(good), 503)]
        with nginx:
            for name, port, headers, status in columns:
                for kind in kinds:
                    echo.got.clear()
                    before = judged(nginx)
                    response = get(port, f"/{kind}", headers)
                    what = kind, name, response
                    if kind in ["ssi", "mirror", "addition"]:
                        # The location of the main request is open.
                        assert response.status == 200, what
                    elif kind == "auth_request" and name == "no keys":
                        assert response.status == 500, what
                    else:
                        assert response.status == status, what
                    if kind == "mirror":
                        wanted = 2 if name == "good" else 1
                        wait_for("what was sent on", lambda: len(echo.got) == wanted)
                        time.sleep(0.1)
                        assert len(echo.got) == wanted, (what, echo.got)
                    elif kind == "auth_request":
                        assert (response.get("WWW-Authenticate") is not None) == (response.status == 401), what
                        assert response.get("X-Who") == (payload(good)["user"]["id"] if name == "good" else None), what
                    else:
                        assert (b"secret" in response.body) == (name == "good"), what
                    # A subrequest in the background may itself wait for keys.
                    wait_for(f"the verdict on {what}", lambda: judged(nginx) == before + 1)
            # Slices, and an update of the cache, have the identity of the request that they go on with.
            for _ in range(2):
                time.sleep(1.2)
                assert get(nginx.port, "/cached", bearer(good)).status == 200
            log = nginx.dir / "files.log"
            wait_for("the update", lambda: len([line for line in log.read_text().splitlines() if "|-" in line]) >= 2)
            lines = [line.split("|") for line in log.read_text().splitlines()]
            assert len([line for line in lines if line[1] != "-"]) == 3, lines
            assert len({line[0] for line in lines}) == 1 and lines[0][0].startswith("user_"), lines
        return len(kinds) * len(columns) + len(lines)


# Main is of one project, the fragment of another, with a token of its own.
UNCHANGED = """
    log_format both '$tesseral_organization_id|$tesseral_error|$tesseral_user_id';
    server {{
        listen 127.0.0.1:{port};
        ssi on;
        access_log {dir}/both.log both;
        tesseral_snapshot {dir}/keys;
        location /main {{ tesseral_auth on; default_type text/html; try_files /page.html =404; }}
        location /open {{ default_type text/html; try_files /page.html =404; }}
        location /fragment {{
            tesseral_auth on;
            tesseral_snapshot {dir}/others;
            tesseral_token $arg_token;
            {directive}
            proxy_pass {echo}/$tesseral_user_id;
        }}
    }}
"""

THREE = """<!--# echo var="tesseral_user_id" default="nobody" -->
<!--# include virtual="/fragment?token=$arg_token" -->
<!--# echo var="tesseral_user_id" default="nobody" -->
"""


def test_main_is_unchanged():
    """A subrequest of another source, token or permission: main keeps its identity, its variables and its log."""
    with Service() as service, Service() as other, Echo() as echo:
        token, another = service.token(), other.token(action=["a.b.c"])
        user, organization = (payload(token)[name]["id"] for name in ["user", "organization"])
        ran = 0
        for directive, accepted in [("", True), ("tesseral_require_permission a.b.c;", True),
                                    ("tesseral_require_permission d.e.f;", False)]:
            with Nginx(UNCHANGED, files={"keys": service.document(), "others": other.document(), "html/page.html": THREE},
                       directive=directive, echo=f"http://127.0.0.1:{echo.port}") as nginx:
                for path, first, error in [("/main", user, "ok"), ("/open", "nobody", "-")]:
                    for given in [another, token, ""]:
                        echo.got.clear()
                        lines_before = logged(nginx)
                        response = get(nginx.port, f"{path}?token={given}", bearer(token))
                        lines = response.body.decode().splitlines()
                        what = directive, path, given == another, response, echo.got
                        assert response.status == 200 and lines[0] == lines[-1] == first, what
                        assert len(echo.got) == (accepted and given == another), what
                        for target, headers in echo.got:
                            there = dict(headers)
                            assert target == "/" + payload(another)["user"]["id"], what
                            assert there["x-tesseral-user-id"] == payload(another)["user"]["id"], what
                            assert there["x-tesseral-project-id"] == other.projectId, what
                            assert len([name for name, _ in headers if name == "x-tesseral-user-id"]) == 1, what
                        wait_for("the log", lambda: len(logged(nginx)) > len(lines_before))
                        line = logged(nginx)[-1]
                        assert line == ("|".join([organization, error, user]) if error == "ok" else "-|-|-"), line
                        ran += 1
        return ran


def logged(nginx):
    path = nginx.dir / "both.log"
    return path.read_text().splitlines() if path.exists() else []


def payload(token):
    text = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


LISTS = """
    server {{
        listen 127.0.0.1:{port};
        large_client_header_buffers 8 32k;
        tesseral_snapshot {dir}/keys;
        tesseral_auth on;
        tesseral_token $http_x_token;
        mirror /mirrored;
        location / {{ proxy_pass {echo}/main; }}
        location /off {{ tesseral_pass_credentials off; proxy_pass {echo}/main; }}
        location = /mirrored {{ internal; {directive} proxy_pass {echo}/mirrored; }}
    }}
"""


def test_each_has_its_own_headers():
    """Main and the subrequest each have identity headers of their own. nginx copies main's list of headers, which has parts of 20
    headers, so the test sends numbers of headers around multiples of 20."""
    with Service() as service, Echo() as echo:
        token, ran = service.token(), 0
        for directive, identities in [("", 7), ("tesseral_pass_identity off;", 0), ("tesseral_auth off;", 0),
                                      ("tesseral_pass_identity claims;", 8)]:
            with Nginx(LISTS, files={"keys": service.document()}, directive=directive,
                       echo=f"http://127.0.0.1:{echo.port}") as nginx:
                for path in ["/", "/off"]:
                    for others in [0, 1, 10, 17, 18, 19, 20, 21, 37, 38, 39, 45]:
                        echo.got.clear()
                        sent = [(f"X-{n}", "x") for n in range(others)]
                        cookie = [("Cookie", f"a=1; {service.cookieName}=x")]
                        assert get(nginx.port, path, sent + cookie + [("X-Token", token)]).status == 200
                        wait_for("both", lambda: len(echo.got) == 2)
                        for target, headers in echo.got:
                            names = [name for name, _ in headers]
                            what = directive, path, others, target, names
                            ours = [name for name in names if name.startswith("x-tesseral-")]
                            assert len(ours) == len(set(ours)) == (7 if target == "/main" else identities), what
                            assert [name for name in names if re.fullmatch(r"x-\d+", name)] == [
                                name.lower() for name, _ in sent], what
                            assert ("x-token" in names) == (path == "/"), what
                            kept = [value for name, value in headers if name == "cookie"]
                            assert kept == [cookie[0][1] if path == "/" else "a=1"], (what, kept)
                            ran += 1
        return ran


COLD = """
    server {{
        listen 127.0.0.1:{port};
        tesseral_auth on;
        tesseral_config_request /keys cooldown=1s;
        location = /metrics {{ tesseral_auth off; tesseral_metrics; }}
        location /open {{ tesseral_auth off; ssi on; default_type text/html; try_files /page.html =404; }}
        location /stolen {{ tesseral_auth off; ssi on; default_type text/html; try_files /stolen.html =404; }}
        location /ask {{ tesseral_auth off; auth_request /verify; try_files /secret =404; }}
        location = /verify {{ internal; try_files /- =204; }}
        location /inner {{ default_type text/html; try_files /no /secret; }}
        tesseral_api_keys /lookup;
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
    }}
"""


def start_cold(service):
    nginx = Nginx(COLD, fetch=fetch(service), host=service.host, backend=service.backendApiKey, ca=service.caFile,
                  files={"html/secret": "the secret\n", "html/page.html": FRAGMENTS, "html/stolen.html": STOLEN})
    nginx.secrets = [service.apiKey, service.backendApiKey]
    return nginx

FRAGMENTS = """1 <!--# include virtual="/inner/1" -->
<!--# include virtual="/inner/2" set="kept" -->2 <!--# echo var="kept" encoding="none" default="" -->
3 <!--# include virtual="/inner/3" -->
4 <!--# include virtual="/inner/4" wait="yes" -->
"""


STOLEN = 'the <!--# include virtual="/keys" -->'


def test_subrequests_wait():
    """On a cold start: a subrequest fetches keys and asks about an API key, or waits for another's fetch, in memory or not,
    and finds its way back. The location of the keys is itself under "tesseral_auth on": the module's own subrequest is exempt,
    a client's is not."""
    with Service("--tls") as service:
        token, ran = service.token(lifetime=3600), 0
        cases = [(path, lines, many, credential) for path, lines in [("/open", 4), ("/ask", 1)]
                 for many in [1, 8] for credential in [token, service.apiKey]]
        for path, lines, many, credential in cases:
            service.control("fault/config/delay", ms=300)
            before, got = service.count("config"), []
            with start_cold(service) as nginx:
                threads = [threading.Thread(target=lambda: got.append(get(nginx.port, path, bearer(credential))))
                           for _ in range(many)]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()
                for response in got:
                    assert response.status == 200 and response.body.count(b"the secret") == lines, (path, response)
                    if path == "/open":
                        order = re.sub(rb"\s+", b" ", response.body)
                        assert order.startswith(b"1 the secret 2 the secret 3 the secret 4 the secret"), response
                assert len(got) == many and get(nginx.port, path, []).body.count(b"the secret") == 0
                assert b"kid" not in get(nginx.port, "/stolen").body and service.count("config") == before + 1, path
                assert b"kid" in get(nginx.port, "/stolen", bearer(token)).body
                ran += many
        return ran


def test_an_answer_that_is_too_large():
    """Subrequests ask about an API key and get such answers: none lets a request in, and no connection stays open."""
    with Service("--tls") as service:
        with start_cold(service) as nginx:
            assert get(nginx.port, "/inner", bearer(service.apiKey)).status == 200
            files, ran = open_files(nginx), 0
            service.control("fault/api-keys/oversize", octets=400_000)
            for path, status in [("/open", 200), ("/ask", 500), ("/inner", 503)] * 3:
                response = get(nginx.port, path, bearer(service.control("api-key")))
                assert response.status == status and b"secret" not in response.body, (path, response)
                wait_for(f"no file more after {path}", lambda: open_files(nginx) <= files, 3)
                ran += 1
            return ran


def test_clients_leave():
    """Clients go away while their subrequests wait for keys: the worker goes on, and no connection is open when it exits."""
    with Service("--tls") as service:
        token, ran = service.token(lifetime=3600), 0
        with start_cold(service) as nginx:
            (worker,) = nginx.pids()
            for round in range(4):
                # After each rotation, the next token waits for a fetch.
                service.control("fault/config/delay", ms=200)
                service.control("rotate")
                time.sleep(1.1)
                token = service.token(lifetime=3600)
                connections = [Connection(nginx.port) for _ in range(30)]
                for n, connection in enumerate(connections):
                    connection.send(["/open", "/ask", "/inner"][n % 3], bearer(service.apiKey if n % 2 else token))
                time.sleep(0.05 * round)
                for n, connection in enumerate(connections):
                    if n % 5:
                        connection.close()
                        ran += 1
                for n, connection in enumerate(connections):
                    if n % 5 == 0:
                        assert b"the secret" in connection.receive().body
                        connection.close()
                        ran += 1
            assert nginx.pids() == [worker]
            assert get(nginx.port, "/open", bearer(token)).body.count(b"the secret") == 4
        return ran
