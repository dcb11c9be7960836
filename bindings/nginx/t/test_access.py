"""Who gets in: the modes, the requirements, satisfy, and what a refusal says."""

import base64

from client import bearer, get
from echo import Echo, seen
from nginx import Nginx
from service import Service

SERVER = """
    tesseral_snapshot {dir}/keys;
    limit_req_zone $tesseral_organization_id zone=org:1m rate=1r/m;
    map $tesseral_session_id $session_ok {{ default 1; {denied} 0; }}
    map $tesseral_session_id $seen_by_map {{ default "$tesseral_session_id"; }}
    server {{
        listen 127.0.0.1:{port};
        add_header X-Error $tesseral_error always;
        add_header X-User $tesseral_user_id always;
        add_header X-Type $tesseral_credentials_type always;
        location /on {{ tesseral_auth on; try_files /- =204; }}
        location /optional {{ tesseral_auth optional; try_files /- =204; }}
        location /report {{ tesseral_auth report; try_files /- =204; }}
        location /off {{ try_files /- =204; }}
        location /methods {{ limit_except OPTIONS {{ tesseral_auth on; }} try_files /- =204; }}
        location /token {{ tesseral_auth on; tesseral_token $arg_token; try_files /- =204; }}
        location /one {{ tesseral_auth on; tesseral_require_permission app.posts.read; try_files /- =204; }}
        location /both {{ tesseral_auth on; tesseral_require_permission app.posts.read app.posts.write;
                          try_files /- =204;
                          location /both/not {{ tesseral_require_permission off; try_files /- =204; }} }}
        location /any {{ tesseral_auth on; tesseral_require_permission any app.posts.write app.posts.read;
                         try_files /- =204; }}
        location /twice {{ tesseral_auth on; tesseral_require_permission app.posts.read;
                           tesseral_require_permission app.posts.write; try_files /- =204; }}
        location /condition {{ tesseral_auth on; tesseral_require $arg_a $arg_b; try_files /- =204; }}
        location /condition401 {{ tesseral_auth on; tesseral_require $arg_a error=401; try_files /- =204; }}
        location /session {{ tesseral_auth on; tesseral_require $session_ok error=401; try_files /- =204; }}
        location /limited {{ tesseral_auth on; limit_req zone=org; try_files /- =204; }}
        location /page {{ tesseral_auth on; error_page 401 = @page; try_files /- =204; }}
        location @page {{ return 418; }}
        location /rewritten {{ tesseral_auth on; set $id $tesseral_user_id; add_header X-Set $id; try_files /- =204; }}
        location /realm {{ tesseral_auth on; tesseral_realm 'my API'; try_files /- =204; }}
        location /quiet {{ tesseral_auth on; tesseral_www_authenticate off; try_files /- =204; }}
        location /basic {{ tesseral_auth on; tesseral_www_authenticate 'Basic realm="x"'; try_files /- =204; }}
        location /websocket {{ tesseral_auth on; proxy_pass http://127.0.0.1:{echo}; proxy_http_version 1.1;
                               proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade; }}
    }}
"""


def session_of(token):
    import json
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["session"]["id"]


def test_modes_and_requirements():
    with Service() as service, Echo() as echo:
        good = service.token(action=["app.posts.read"])
        both = service.token(action=["app.posts.read", "app.posts.write"])
        none, expired, tampered = service.token(), service.token(expired=1), service.token(tampered=1)
        denied = service.token(user=7)
        cookie = [("Cookie", f"a=b; {service.cookieName}={good}")]
        two = [("Cookie", f"{service.cookieName}={expired}; {service.cookieName}={good}")]
        basic = [("Authorization", "Basic dTpw")]
        invalid = 'Bearer realm="tesseral", error="invalid_token"'
        scope = 'Bearer realm="tesseral", error="insufficient_scope"'
        # path, headers, status, $tesseral_error, WWW-Authenticate
        cases = [
            ("/on", bearer(good), 204, "ok", None),
            ("/on", cookie, 204, "ok", None),
            ("/on", two, 204, "ok", None),
            ("/on", basic + cookie, 204, "ok", None),
            ("/on", basic, 401, "credentials_missing", 'Bearer realm="tesseral"'),
            ("/on", [("authorization", "bearer  " + good)], 204, "ok", None),
            ("/on", [], 401, "credentials_missing", 'Bearer realm="tesseral"'),
            ("/on", bearer(expired), 401, "token_expired", invalid),
            ("/on", bearer(expired) + cookie, 401, "token_expired", invalid),
            ("/on", bearer(tampered), 401, "signature_invalid", invalid),
            ("/on", bearer(service.apiKey), 401, "credentials_unrecognized", invalid),
            ("/on", bearer("too_short"), 401, "credentials_unrecognized", invalid),
            ("/on", bearer("a.b"), 401, "token_malformed", invalid),
            ("/on", bearer("a." * 9000), 401, "token_too_large", invalid),
            ("/optional", bearer(good), 204, "ok", None),
            ("/optional", bearer(tampered), 204, "signature_invalid", None),
            ("/optional", [], 204, "credentials_missing", None),
            ("/report", bearer(tampered), 204, "signature_invalid", None),
            ("/report", bearer(good), 204, "ok", None),
            ("/off", bearer(good), 204, None, None),
            ("/token?token=" + good, bearer(expired), 204, "ok", None),
            ("/token?token=" + expired, bearer(good), 401, "token_expired", invalid),
            ("/token", bearer(good), 401, "credentials_missing", 'Bearer realm="tesseral"'),
            ("/one", bearer(good), 204, "ok", None),
            ("/one", bearer(none), 403, "permission_missing", scope),
            ("/both", bearer(good), 403, "permission_missing", scope),
            ("/both", bearer(both), 204, "ok", None),
            ("/both/not", bearer(none), 204, "ok", None),
            ("/any", bearer(good), 204, "ok", None),
            ("/any", bearer(none), 403, "permission_missing", scope),
            ("/twice", bearer(good), 403, "permission_missing", scope),
            ("/twice", bearer(both), 204, "ok", None),
            ("/condition?a=1&b=1", bearer(good), 204, "ok", None),
            ("/condition?a=1&b=0", bearer(good), 403, "permission_missing", scope),
            ("/condition?a=1", bearer(good), 403, "permission_missing", scope),
            ("/condition?a=1&b=1", bearer(expired), 401, "token_expired", invalid),
            ("/condition401", bearer(good), 401, "permission_missing", invalid),
            ("/session", bearer(good), 204, "ok", None),
            ("/session", bearer(denied), 401, "permission_missing", invalid),
            ("/realm", [], 401, "credentials_missing", 'Bearer realm="my API"'),
            ("/realm", bearer(expired), 401, "token_expired", 'Bearer realm="my API", error="invalid_token"'),
            ("/quiet", [], 401, "credentials_missing", None),
            ("/basic", bearer(expired), 401, "token_expired", 'Basic realm="x"'),
            ("/limited", bearer(good), 204, "ok", None),
            ("/limited", bearer(good), 503, "ok", None),
            ("/limited", bearer(expired), 401, "token_expired", invalid),
            ("/page", bearer(expired), 418, "token_expired", None),
        ]
        nginx = Nginx(SERVER, files={"keys": service.document()}, denied=session_of(denied), echo=echo.port)
        nginx.secrets = [good, expired, tampered, service.apiKey, session_of(good)]
        wrong = []
        with nginx:
            for path, headers, status, error, challenge in cases:
                response = get(nginx.port, path, headers)
                got = (response.status, response.get("X-Error"), response.get("WWW-Authenticate"))
                if path.startswith("/page"):
                    got = got[:2] + (None,)
                if got != (status, error, challenge):
                    wrong.append((path, str(headers)[:60], (status, error, challenge), got))
            assert not wrong, wrong
            assert get(nginx.port, "/rewritten", bearer(good)).get("X-Set") == get(
                nginx.port, "/on", bearer(good)).get("X-User")
            assert get(nginx.port, "/methods", method="OPTIONS").status == 204
            assert get(nginx.port, "/methods").status == 401
            assert get(nginx.port, "/methods", method="POST", body=b"x").status == 401
            upgrade = [("Upgrade", "websocket"), ("Connection", "upgrade")]
            assert get(nginx.port, "/websocket", upgrade).status == 401
            assert get(nginx.port, "/websocket", upgrade + bearer(good)).status == 101
            assert ["418", "token_expired"] in [line[:2] for line in nginx.access_log()]
        return len(cases) + 6


def test_two_authorization_headers():
    """nginx refuses such requests itself, even when both headers are the same; test_unread tests what follows."""
    with Service() as service, Nginx(SERVER, files={"keys": service.document()}, denied="x", echo=1) as nginx:
        good = bearer(service.token())
        for headers in [good + good, good + bearer("x"), bearer("x") + good, [("Authorization", "Basic x")] + good]:
            response = get(nginx.port, "/on", headers)
            assert (response.status, response.get("X-Error")) == (400, None), response
        return 4


SATISFY = """
    tesseral_snapshot {dir}/keys;
    server {{
        listen 127.0.0.1:{port};
        location = /yes {{ internal; return 204; }}
        location = /no {{ internal; return 403; }}
        location = /unauthorized {{ internal; return 401; }}
        {locations}
    }}
"""

OTHERS = {
    "basic": "auth_basic x; auth_basic_user_file {dir}/users;",
    "allow": "allow all;",
    "deny": "deny all;",
    "request-yes": "auth_request /yes;",
    "request-no": "auth_request /no;",
    "request-401": "auth_request /unauthorized;",
}


def test_satisfy():
    """A matrix: satisfy, the other module and its verdict, ours."""
    with Service() as service:
        good, expired = service.token(), service.token(expired=1)
        locations = "".join(
            f"location /{satisfy}/{name} {{{{ satisfy {satisfy}; tesseral_auth on; tesseral_token $http_x_token;"
            f" {other} try_files /- =204; }}}}\n" for satisfy in ["all", "any"] for name, other in OTHERS.items())
        nginx = Nginx(SATISFY.replace("{locations}", locations),
                      files={"keys": service.document(), "users": "u:{PLAIN}p\n"})
        ran = 0
        with nginx:
            for satisfy in ["all", "any"]:
                for name in OTHERS:
                    for token in [good, expired, None]:
                        for password in ["dTpw", "dTp4"] if name == "basic" else [None]:
                            headers = [("X-Token", token)] if token else []
                            headers += [("Authorization", "Basic " + password)] if password else []
                            other = {"basic": 200 if password == "dTpw" else 401, "allow": 200, "deny": 403,
                                     "request-yes": 200, "request-no": 403, "request-401": 401}[name]
                            ours = 200 if token == good else 401
                            if satisfy == "all":
                                # In the order in which nginx asks them: our module is loaded last, so nginx asks it first.
                                want = {204} if ours == other == 200 else {ours if ours != 200 else other}
                            else:
                                want = {204} if 200 in (ours, other) else {401, 403} & {ours, other}
                            response = get(nginx.port, f"/{satisfy}/{name}", headers)
                            assert response.status in want, (satisfy, name, token, password, want, response)
                            if response.status == 401:
                                assert response.all("WWW-Authenticate") or name.startswith("request"), response
                            if response.status == 204:
                                assert not response.get("WWW-Authenticate"), response
                            ran += 1
        return ran


def test_many_requests_as_of_a_fresh_worker():
    """10,000 good and bad requests, shuffled, to one worker over few connections: each gets its own verdict."""
    import random

    from client import Connection

    with Service() as service:
        kinds = [(service.token(user=n, action=["app.posts.read"] * (n % 2)), 204 if n % 2 else 403, n)
                 for n in range(30)]
        kinds += [(service.token(user=n, tampered=1), 401, None) for n in range(10)]
        kinds += [(service.token(user=n, expired=1), 401, None) for n in range(10)] + [("x.y.z", 401, None)]
        http = """
            tesseral_snapshot {dir}/keys;
            tesseral_signature_cache 64k;
            server {{
                listen 127.0.0.1:{port};
                keepalive_requests 100000;
                tesseral_auth on;
                tesseral_require_permission app.posts.read;
                add_header X-Answer "$tesseral_error $tesseral_user_id $tesseral_session_id" always;
                location / {{ try_files /- =204; }}
            }}
        """
        fresh = {}
        for token, status, _ in kinds:
            with Nginx(http, files={"keys": service.document()}, level="notice") as nginx:
                response = get(nginx.port, "/", bearer(token))
                assert response.status == status, (response, status)
                fresh[token] = (response.status, response.get("X-Answer"))
        assert len(set(fresh.values())) > 30
        order = random.Random(5)
        with Nginx(http, files={"keys": service.document()}, level="notice") as nginx:
            connections = [Connection(nginx.port) for _ in range(4)]
            for _ in range(10_000):
                token = order.choice(kinds)[0]
                response = order.choice(connections).get("/", bearer(token))
                assert (response.status, response.get("X-Answer")) == fresh[token], response
            for connection in connections:
                connection.close()
        return 10_000
