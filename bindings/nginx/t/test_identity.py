"""The headers that the upstream gets: no forged ones, our own, and credentials only where the location passes them on."""

import base64
import json
import subprocess

from client import Connection, bearer, get
from echo import Echo, seen
from nginx import Nginx
from service import Service

NAMES = ["X-Tesseral-Credentials-Type", "X-Tesseral-Project-Id", "X-Tesseral-Organization-Id", "X-Tesseral-User-Id",
         "X-Tesseral-Session-Id", "X-Tesseral-User-Email", "X-Tesseral-Api-Key-Id", "X-Tesseral-Impersonator-Email",
         "X-Tesseral-Actions", "X-Tesseral-Actions-Truncated", "X-Tesseral-Claims"]

SERVER = """
    tesseral_snapshot {dir}/keys;
    tesseral_signature_cache 1m;
    underscores_in_headers on;
    ignore_invalid_headers off;
    server {{
        listen 127.0.0.1:{port};
        listen 127.0.0.1:{http2} http2;
        tesseral_auth on;
        location /on {{ proxy_pass {echo}; }}
        location /off {{ tesseral_auth off; proxy_pass {echo}; }}
        location /optional {{ tesseral_auth optional; proxy_pass {echo}; }}
        location /report {{ tesseral_auth report; proxy_pass {echo}; }}
        location /any {{ satisfy any; allow all; proxy_pass {echo}; }}
        location /page {{ error_page 401 403 = /off/page; tesseral_require_permission never.has.this; }}
        location /named {{ error_page 401 = @named; }}
        location @named {{ tesseral_auth off; proxy_pass {echo}; }}
        location /redirected {{ try_files /- /off/redirected; }}
        location /again {{ try_files /- /on/again; }}
        location /rewritten {{ rewrite ^ /off/rewritten last; }}
        location /none {{ tesseral_pass_identity off; proxy_pass {echo}; }}
        location /claims {{ tesseral_pass_identity claims; proxy_pass {echo}; }}
        location /stripped {{ tesseral_pass_credentials off; proxy_pass {echo}; }}
        location /captured {{
            if ($http_authorization ~ "^Token (?<captured>.+)$") {{ rewrite ^ /variable last; }}
        }}
        location /variable {{ tesseral_token $captured; tesseral_pass_credentials off; proxy_pass {echo}; }}
        location /named-header {{ tesseral_token $http_x_token; tesseral_pass_credentials off; proxy_pass {echo}; }}
        location /named-cookie {{ tesseral_token $cookie_Mine; tesseral_pass_credentials off; proxy_pass {echo}; }}
        location /named-again {{ tesseral_token $http_x_token; tesseral_pass_credentials off;
                                 try_files /- /named-header/again; }}
        location /connection {{ proxy_http_version 1.1; proxy_set_header Connection $http_connection; proxy_pass {echo}; }}
        location /open-connection {{ tesseral_auth off; proxy_http_version 1.1;
                                     proxy_set_header Connection $http_connection; proxy_pass {echo}; }}
        location /set {{ proxy_set_header X-Tesseral-User-Id replaced; proxy_pass {echo}; }}
    }}
    server {{
        listen 127.0.0.1:{open};
        tesseral_strip_identity off;
        location /on {{ tesseral_auth on; proxy_pass {echo}; }}
        location /off {{ proxy_pass {echo}; }}
        location /connection {{ tesseral_auth on; proxy_http_version 1.1; proxy_set_header Connection $http_connection;
                                proxy_pass {echo}; }}
    }}
"""


def spellings(name):
    yield name
    yield name.lower()
    yield name.upper()
    yield name.replace("-", "_")
    yield name.replace("-", "_", 1)
    yield name.swapcase().replace("-", ".")


def identity(pairs):
    return [(name, value) for name, value in pairs
            if name.replace("_", "-").replace(".", "-").startswith("x-tesseral-")]


def start(service, echo, **more):
    from support import free_port

    return Nginx(SERVER, files={"keys": service.document()}, echo=f"http://127.0.0.1:{echo.port}", http2=free_port(),
                 open=free_port(), **more)


def test_forged_headers():
    """Each spelling of each name, alone and twice, on every path to the upstream: no forged header arrives."""
    with Service() as service, Echo() as echo, start(service, echo) as nginx:
        good = service.token()
        ran = 0
        paths = [("/off", []), ("/optional", []), ("/report", []), ("/any", []), ("/page", []), ("/page", bearer(good)),
                 ("/named", []), ("/redirected", bearer(good)), ("/rewritten", []), ("/none", bearer(good))]
        for path, credentials in paths:
            for name in NAMES:
                for spelling in spellings(name):
                    forged = [(spelling, "forged"), ("X-Other", "stays"), (spelling, "forged")]
                    pairs = seen(get(nginx.port, path, forged + credentials))
                    assert not identity(pairs), (path, spelling, pairs)
                    assert ("x-other", "stays") in pairs
                    ran += 1
        for name in NAMES:
            for spelling in spellings(name):
                pairs = seen(get(nginx.port, "/on", [(spelling, "forged")] + bearer(good)))
                assert "forged" not in str(pairs) and len(identity(pairs)) == 7, pairs
                ran += 1
        kept = [("X-Tesseral-Host", "h"), (f"x-tesseral-{service.projectId}-redirect-uri", "u"),
                ("X-Tesseral-Users", "v")]
        pairs = seen(get(nginx.port, "/off", kept))
        assert [(name.lower(), value) for name, value in kept] == identity(pairs), pairs
        return ran + len(kept)


def test_what_is_passed():
    with Service() as service, Echo() as echo, start(service, echo) as nginx:
        odd = "app.posts.read \u00e9%\"\\\U0001f600\n"
        token = service.token(action=["app.posts.write", odd], email="a b%\u00e9@x.com", impersonator="boss@x.com")
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        expected = {
            "x-tesseral-credentials-type": "access_token",
            "x-tesseral-project-id": service.projectId,
            "x-tesseral-organization-id": claims["organization"]["id"],
            "x-tesseral-user-id": claims["user"]["id"],
            "x-tesseral-session-id": claims["session"]["id"],
            "x-tesseral-user-email": "a%20b%25%C3%A9@x.com",
            "x-tesseral-impersonator-email": "boss@x.com",
        }
        pairs = identity(seen(get(nginx.port, "/on", bearer(token))))
        assert len(pairs) == len(dict(pairs)) == len(expected) + 1, pairs
        actions = dict(pairs).pop("x-tesseral-actions")
        assert json.loads(actions) == claims["actions"]
        assert sorted(claims["actions"]) == sorted([odd, "app.posts.write"])
        assert all(0x21 <= ord(letter) <= 0x7e and letter != "%" for letter in actions), actions
        assert {name: value for name, value in pairs if name != "x-tesseral-actions"} == expected, pairs
        pairs = dict(seen(get(nginx.port, "/claims", bearer(token))))
        assert pairs["x-tesseral-claims"] == payload
        assert not identity(seen(get(nginx.port, "/none", bearer(token))))
        pairs = seen(get(nginx.port, "/set", bearer(token)))
        assert [value for name, value in pairs if name == "x-tesseral-user-id"] == ["replaced"], pairs
        # After a redirect, our headers are there once.
        again = identity(seen(get(nginx.port, "/again", bearer(token))))
        assert sorted(again) == sorted(identity(seen(get(nginx.port, "/on", bearer(token)))))
        many = service.token(actions=150)
        pairs = dict(seen(get(nginx.port, "/on", bearer(many))))
        assert "x-tesseral-actions" not in pairs and pairs["x-tesseral-actions-truncated"] == "1"
        # Even with stripping off, only our headers stand for a good credential.
        forged = [("X_Tesseral_User_Id", "forged")]
        open_port = int(nginx_port(nginx, "open"))
        assert "forged" not in str(seen(get(open_port, "/on", forged + bearer(token))))
        assert "forged" in str(seen(get(open_port, "/off", forged)))
        return 12


def nginx_port(nginx, name):
    lines = [line.split(":")[1].split(";")[0].split()[0] for line in (nginx.dir / "nginx.conf").read_text().splitlines()
             if line.strip().startswith("listen")]
    return lines[{"port": 0, "http2": 1, "open": 2}[name]]


# What an octet becomes in a header, and in the actions between quotes.
ENCODED = [("!", "!", "!"), ("~", "~", "~"), ("$", "$", "$"), ("\x01", "%01", "\\u0001"), (" ", "%20", "\\u0020"),
           ("%", "%25", "\\u0025"), ("\x7f", "%7F", "\\u007f"), ('"', '"', "\\u0022"), ("\\", "\\", "\\u005c"),
           ("\u00a1", "%C2%A1", "\\u00a1"), ("\U0001f600", "%F0%9F%98%80", "\\ud83d\\ude00")]


def test_encoding_at_every_place():
    """The module tests eight octets at a time. So the test has texts of about eight octets, with one odd octet at each place, from
    the token and from the cache."""
    with Service() as service, Echo() as echo, start(service, echo) as nginx:
        places = [(length, place) for length in [1, 7, 8, 9, 17] for place in range(length)]
        ran = 0
        for odd, in_header, in_actions in ENCODED:
            for two in zip(places[::2], places[1::2]):
                (one, other), (one_header, other_header) = (
                    ["a" * place + text + "b" * (length - 1 - place) for length, place in two]
                    for text in [odd, in_header])
                token = service.token(email=one, impersonator=other, action=["app.posts.read", "app.posts." + one])
                for _ in range(2):
                    pairs = dict(seen(get(nginx.port, "/on", bearer(token))))
                    assert pairs["x-tesseral-user-email"] == one_header, (odd, two)
                    assert pairs["x-tesseral-impersonator-email"] == other_header, (odd, two)
                    actions = ["app.posts.read", "app.posts." + one.replace(odd, in_actions)]
                    assert sorted(pairs["x-tesseral-actions"][2:-2].split('","')) == sorted(actions), (odd, two)
                    ran += 3
        return ran


def test_credentials():
    with Service() as service, Echo() as echo, start(service, echo) as nginx:
        token, name = service.token(), service.cookieName
        ours = f"{name}={token}"
        refresh = name.replace("_access_token", "_refresh_token") + "=r"
        # headers, and what is left of Authorization and Cookie
        cases = [
            (bearer(token), [], []),
            (bearer(token) + [("Cookie", f"a=1; {ours}; b=2")], [], ["a=1; b=2"]),
            ([("Cookie", ours)], [], []),
            ([("Cookie", f"{ours};{refresh};c=3;{ours}")], [], ["c=3"]),
            ([("Cookie", f"x=tesseral_;{ours}; d")], [], ["x=tesseral_; d"]),
            ([("Authorization", "Basic dTpw"), ("Cookie", ours)], ["Basic dTpw"], []),
            ([("Cookie", ours), ("Cookie", "e=5")], [], ["e=5"]),
            ([("Cookie", "tesseral_project_other_access_token=z; " + ours)], [],
             ["tesseral_project_other_access_token=z"]),
        ]
        for headers, authorization, cookie in cases:
            pairs = seen(get(nginx.port, "/stripped", headers + [("X-Kept", "k")]))
            assert [value for key, value in pairs if key == "authorization"] == authorization, (headers, pairs)
            assert [value for key, value in pairs if key == "cookie"] == cookie, (headers, pairs)
            assert token not in str(pairs) and ("x-kept", "k") in pairs
            assert ("authorization", "Bearer " + token) in seen(get(nginx.port, "/on", bearer(token)))
        # A variable with a part of a header removes the whole header.
        pairs = seen(get(nginx.port, "/captured", [("Authorization", "Token " + token), ("X-Kept", "k")]))
        assert token not in str(pairs) and ("x-kept", "k") in pairs, pairs
        # Where tesseral_token says that the token is; path, headers, and what is left of all of them
        named = [
            ("/named-header", [("X-Token", token), ("A", "b")], [("a", "b")]),
            ("/named-header", [("x_token", "x"), ("X-Token", token)], None),
            ("/named-header", [("X-Tokens", "c"), ("X-Token", token), ("X-Toke", "d")], [("x-tokens", "c"), ("x-toke", "d")]),
            ("/named-again", [("X-Token", token), ("A", "b")], [("a", "b")]),
            ("/named-header", [("X-Token", token)] + bearer("x"), bearer("x")),
            ("/named-cookie", [("Cookie", f"a=1; mine={token}; b=2")], [("Cookie", "a=1; b=2")]),
            ("/named-cookie", [("Cookie", f"MINE = {token};miner=3")], [("Cookie", "miner=3")]),
            ("/named-cookie", [("Cookie", f"a=1, mine={token}; b=2")], [("Cookie", "b=2")]),
            ("/named-cookie", [("Cookie", f"mine={token}")], []),
        ]
        for path, headers, left in named:
            response = get(nginx.port, path, headers)
            if left is None:
                # nginx joins them, or takes the first.
                assert token not in str(response), response
                continue
            pairs = [pair for pair in seen(response) if pair not in identity(seen(response))]
            assert pairs[2:] == [(name.lower(), value) for name, value in left], (headers, pairs)
            assert len(identity(seen(response))) == 7 and token not in str(pairs), pairs
        return len(cases) + 1 + len(named)


def test_connection():
    """A proxy behind nginx drops the headers that Connection names. So the client's Connection header loses our names, and keeps
    the rest."""
    cases = [
        (["X-Tesseral-User-Id"], []),
        (["close, X-Tesseral-User-Id"], ["close"]),
        (["keep-alive,X_Tesseral_User_Id ,\tUpgrade"], ["keep-alive, Upgrade"]),
        (["x-tesseral-project-id,,x.tesseral.actions, , te"], ["te"]),
        (["X-Tesseral-Users, X-Tesseral, x"], ["X-Tesseral-Users, X-Tesseral, x"]),
        (["a,b,  c"], ["a,b,  c"]),
        (["Upgrade", "X-TESSERAL-USER-ID"], ["Upgrade"]),
        (["X-Tesseral-User-Id", "a, x-tesseral-claims, b"], ["a, b"]),
    ]
    cases += [([f"a, {spelling}"], ["a"]) for name in NAMES for spelling in spellings(name)]
    with Service() as service, Echo() as echo, start(service, echo) as nginx:
        token, ran = service.token(), 0
        open_port = int(nginx_port(nginx, "open"))
        for sent, kept in cases:
            for port, path in [(nginx.port, "/connection"), (nginx.port, "/open-connection"), (open_port, "/connection")]:
                headers = [("Connection", value) for value in sent] + bearer(token)
                with Connection(port) as connection:
                    response = connection.get(path, headers)
                    got = [value for name, value in seen(response) if name == "connection"]
                    # Before 1.23, the variable is the first of several.
                    assert got in [[", ".join(kept)], kept[:1]], (sent, path, got)
                    assert response.get("Connection") == ("close" if "close" in sent[0] else "keep-alive"), response
                ran += 1
        return ran


def test_http2():
    """As HTTP/2 sends them: cookies split over several fields, and forged names."""
    with Service() as service, Echo() as echo, start(service, echo) as nginx:
        token, name = service.token(), service.cookieName
        url = f"http://127.0.0.1:{nginx_port(nginx, 'http2')}"

        def curl(path, *headers):
            lines = [word for header in headers for word in ("-H", header)]
            done = subprocess.run(["curl", "-s", "--max-time", "20", "--http2-prior-knowledge", "-w", "\n%{http_code}",
                                   *lines, url + path], capture_output=True, text=True, check=True)
            body, _, status = done.stdout.rpartition("\n")
            return int(status), body

        assert curl("/on")[0] == 401
        ran = 1
        for path in ["/on", "/stripped"]:
            status, body = curl(path, "cookie: a=1", f"cookie: {name}={token}", "cookie: b=2",
                                "x-tesseral-user-id: forged", "x_tesseral_user_id: forged")
            assert status == 200 and "forged" not in body, (status, body)
            pairs = [(key.lower(), value) for key, value in json.loads(body)["headers"]]
            cookies = "; ".join(value for key, value in pairs if key == "cookie")
            assert cookies == ("a=1; b=2" if path == "/stripped" else f"a=1; {name}={token}; b=2"), cookies
            ran += 1
        for forged in NAMES:
            for spelling in {forged.lower(), forged.lower().replace("-", "_")}:
                status, body = curl("/off", f"{spelling}: forged")
                assert status == 200 and "forged" not in body, (spelling, body)
                ran += 1
        return ran
