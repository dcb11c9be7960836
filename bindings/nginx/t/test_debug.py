"""At the level debug, the module says what it does in each phase, fetch and look-up, and nothing of a credential."""

import time

from client import bearer, get
from echo import Echo
from nginx import Nginx
from service import Service
from support import wait_for
from test_fetch import fetch
from test_shared import lookup

SERVER = """
    server {{
        listen 127.0.0.1:{port};
        tesseral_config_request /keys refresh=1s cooldown=1s;
        tesseral_auth on;
        tesseral_pass_credentials off;
        location / {{ proxy_pass http://127.0.0.1:{echo}; }}
        location /key {{ tesseral_api_keys /lookup; proxy_pass http://127.0.0.1:{echo}; }}
        location /early {{ tesseral_phase preaccess; proxy_pass http://127.0.0.1:{echo}; }}
        location /both {{ mirror /second; proxy_pass http://127.0.0.1:{echo}; }}
        location /second {{ tesseral_auth off; set $verdict $tesseral_error; return 204; }}
        location /listed {{ tesseral_revoked {dir}/revoked refresh=1s; proxy_pass http://127.0.0.1:{echo}; }}
        location /file {{ tesseral_snapshot {dir}/keys refresh=1s; proxy_pass http://127.0.0.1:{echo}; }}
        {fetch}
        {lookup}
    }}
"""

SAID = [
    'tesseral: fetches "/keys": flight 1, awaited:0', 'tesseral: asking "/keys"', 'tesseral: "/keys" answered: status 200',
    'tesseral: fetched "/keys": flight 1, status 200: good', "tesseral: identity headers removed: 1",
    'tesseral: evaluated: ok with keys "/keys" #1', "tesseral: judged: ok, mode 1", "tesseral: judged: signature_invalid, mode 1",
    "tesseral: to the upstream: identity:1 credentials:0 ok", 'tesseral: waits for keys of "/keys": unknown kids: 1',
    "tesseral: waits no longer: key_unknown, a fetch ended:1", 'tesseral: looks up an API key by "/lookup"',
    'tesseral: looked up an API key by "/lookup": status 200: ok', 'keys" looked at: waiting:0',
    "tesseral: looks at snapshot", "status 500: it answered with an error", "tesseral: the request is received",
    "tesseral: known before the access phase: ok", "tesseral: a subrequest begins, own:0", "tesseral: a subrequest begins, own:1",
    "tesseral: the log evaluates variables again", "tesseral: known answers about the API key give: api_key_lookup_needed",
    "tesseral: looks at list",
]


def test_debug():
    with Service("--tls") as service, Echo() as echo:
        files = {"keys": service.document(), "revoked": "tesseral-revoked 1\n"}
        with Nginx(SERVER, level="debug", files=files, fetch=fetch(service), lookup=lookup(service), echo=echo.port) as nginx:
            good, forged = service.token(lifetime=3600), service.token(tampered=1)
            nginx.secrets = [part for token in [good, forged] for part in token.split(".")[1:]] + [service.apiKey]
            wait_for("keys", lambda: get(nginx.port, "/", bearer(good)).status == 200)
            assert get(nginx.port, "/", bearer(good) + [("X-Tesseral-User-Id", "forged")]).status == 200
            assert get(nginx.port, "/", bearer(forged)).status == 401
            assert get(nginx.port, "/key", bearer(service.apiKey)).status == 200
            for path in ["/early", "/both", "/listed"]:
                assert get(nginx.port, path, bearer(good)).status == 200, path
            assert get(nginx.port, "/file", [("Cookie", f"{service.cookieName}={good}")]).status == 200
            time.sleep(1.1)
            service.control("rotate", published=0)
            unknown = service.token(lifetime=3600)
            nginx.secrets += unknown.split(".")[1:]
            for path in ["/", "/file"]:
                assert get(nginx.port, path, bearer(unknown)).status == 401
            service.control("fault/config/status", status=500)
            wait_for("a failure", lambda: "status 500: it answered" in nginx.log())
            log = nginx.log()
            for said in SAID:
                assert said in log, said
        return len(SAID)
