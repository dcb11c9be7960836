"""The list of revoked sessions and users: checked for each accepted token, read again when it changes, kept when it is gone."""

import base64
import json
import os

from client import bearer, get
from echo import Echo, seen
from nginx import Nginx
from service import Service
from support import wait_for

SERVER = """
    tesseral_signature_cache 64k;
    server {{
        listen 127.0.0.1:{port};
        add_header X-Error $tesseral_error always;
        add_header X-User $tesseral_user_id always;
        tesseral_snapshot {dir}/keys;
        location / {{ tesseral_auth on; tesseral_revoked {dir}/list refresh=50ms; try_files /- =204; }}
        location /off {{ tesseral_auth on; tesseral_revoked off; try_files /- =204; }}
        location /none {{ tesseral_auth on; try_files /- =204; }}
        location /then {{ tesseral_auth on; tesseral_revoked off; try_files /- /inner; }}
        location /inner {{ tesseral_auth on; tesseral_revoked {dir}/list refresh=50ms; try_files /- =204; }}
        location /back {{ tesseral_auth optional; tesseral_revoked {dir}/list refresh=50ms; try_files /- /none; }}
        location /optional {{ tesseral_auth optional; tesseral_revoked {dir}/list refresh=50ms;
                              proxy_pass http://127.0.0.1:{echo}; }}
        location = /metrics {{ tesseral_metrics; }}
        location = /ready {{ tesseral_ready; }}
    }}
"""
VERSION = "tesseral-revoked 1\n"


def claims_of(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def project_of(token):
    return claims_of(token)["iss"].split("//")[1].split(".")[0].replace("-", "_")


def entry(token, what="session"):
    return f"{project_of(token)} {claims_of(token)[what]['id']}\n"


def answer(nginx, path, token):
    response = get(nginx.port, path, bearer(token))
    return response.status, response.get("X-Error")


def metric(nginx, name):
    return [row["value"] for row in json.loads(get(nginx.port, "/metrics?format=json").body)[name]]


def list_of(nginx, *entries):
    nginx.write("list", VERSION + "".join(entries))


OK, REVOKED = (204, "ok"), (401, "token_revoked")


def test_sessions_and_users():
    with Service() as service, Echo() as echo:
        token, other = service.token(user=1), service.token(user=2)
        with Nginx(SERVER, files={"keys": service.document(), "list": VERSION + entry(token)}, echo=echo.port) as nginx:
            nginx.secrets = [token, other]
            ran = 0
            # First without the signature cache, then from it.
            for _ in range(3):
                for path, expected in [("/", REVOKED), ("/off", OK), ("/none", OK), ("/then", REVOKED), ("/back", OK)]:
                    assert answer(nginx, path, token) == expected, path
                    assert answer(nginx, path, other) == OK, path
                    ran += 2
            response = get(nginx.port, "/", bearer(token))
            assert response.get("X-User") is None
            assert response.get("WWW-Authenticate") == 'Bearer realm="tesseral", error="invalid_token"'
            get(nginx.port, "/optional", bearer(token))
            assert not any("user" in name.lower() for name, _ in seen(get(nginx.port, "/optional", bearer(token)))), "optional"
            assert any("user" in name.lower() for name, _ in seen(get(nginx.port, "/optional", bearer(other))))
            assert get(nginx.port, "/metrics").body.count(b'tesseral_requests_total{slug="token_revoked"} ') == 1
            assert metric(nginx, "tesseral_revoked_entries") == [1]
            list_of(nginx, entry(token, "user"), entry(other))
            wait_for("both", lambda: metric(nginx, "tesseral_revoked_entries") == [2], 3)
            assert answer(nginx, "/", token) == answer(nginx, "/", other) == REVOKED
            list_of(nginx)
            wait_for("none", lambda: metric(nginx, "tesseral_revoked_entries") == [0], 3)
            assert answer(nginx, "/", token) == answer(nginx, "/", other) == OK
            return ran + 10


def test_a_token_that_is_cached():
    """A token is accepted, and refused after the next list, although the signature cache has it all the time."""
    with Service() as service, Echo() as echo:
        token = service.token()
        with Nginx(SERVER, files={"keys": service.document(), "list": VERSION}, echo=echo.port) as nginx:
            for _ in range(3):
                assert answer(nginx, "/", token) == OK
            list_of(nginx, "# dismissed\n", entry(token))
            wait_for("it is revoked", lambda: answer(nginx, "/", token) == REVOKED, 3)
            values = json.loads(get(nginx.port, "/metrics?format=json").body)
            assert values["tesseral_signature_cache_misses_total"] == 1, values
            list_of(nginx)
            wait_for("it is not", lambda: answer(nginx, "/", token) == OK, 3)
            return 5


def test_impersonation():
    """An entry may name the session or the impersonated user; an entry of another project does not count."""
    with Service() as service, Echo() as echo:
        token = service.token(impersonator="support@example.com")
        assert claims_of(token)["impersonator"]["email"] == "support@example.com"
        other = "project_" + "0" * 25
        with Nginx(SERVER, files={"keys": service.document(), "list": VERSION}, echo=echo.port) as nginx:
            for entries, expected in [
                (entry(token), REVOKED),
                (entry(token).replace(project_of(token), other), OK),
                (entry(token, "user"), REVOKED),
                (entry(token, "user").replace(project_of(token), other), OK),
            ]:
                list_of(nginx, entries)
                wait_for(entries, lambda: answer(nginx, "/", token) == expected, 3)
            return 4


def test_the_last_good_list_is_kept():
    with Service() as service, Echo() as echo:
        token = service.token()
        good = VERSION + entry(token)
        with Nginx(SERVER, files={"keys": service.document(), "list": good}, echo=echo.port) as nginx:
            assert get(nginx.port, "/ready").status == 200
            ran = 0
            for bad in [None, "", good[:-1], good[:-8], VERSION[:5], entry(token), VERSION + "x\n",
                        VERSION + "\0\n", good.replace(" session", "  session")]:
                before = nginx.log().count("[error]")
                if bad is None:
                    os.remove(nginx.dir / "list")
                else:
                    nginx.write("list", bad)
                wait_for("not ready", lambda: get(nginx.port, "/ready").status == 503, 3)
                assert get(nginx.port, "/ready").body == f'no newer list from "{nginx.dir}/list"\n'.encode()
                assert answer(nginx, "/", token) == REVOKED
                assert metric(nginx, "tesseral_revoked_entries") == [1]
                assert metric(nginx, "tesseral_revoked_failed_refreshes")[0] >= 3
                # The log says what is wrong, that the last list is kept, and that it is out of date: not at each refresh.
                assert nginx.log().count("[error]") - before == 3, nginx.log()[-1500:]
                nginx.write("list", good)
                wait_for("ready again", lambda: get(nginx.port, "/ready").status == 200, 3)
                assert metric(nginx, "tesseral_revoked_failed_refreshes") == [0]
                ran += 1
            return ran


def test_a_list_that_is_written_in_place():
    """nginx refuses half of a list, and takes it when it is whole."""
    with Service() as service, Echo() as echo:
        tokens = [service.token(user=user) for user in range(3)]
        with Nginx(SERVER, files={"keys": service.document(), "list": VERSION}, echo=echo.port) as nginx:
            whole = VERSION + "".join(entry(token, "user") for token in tokens)
            with open(nginx.dir / "list", "w") as file:
                file.write(whole[:-20])
                file.flush()
                wait_for("refused", lambda: metric(nginx, "tesseral_revoked_failed_refreshes")[0] >= 1, 3)
                assert [answer(nginx, "/", token) for token in tokens] == [OK] * 3
                assert "at line 4" in nginx.log()
                file.write(whole[-20:])
            wait_for("all of them", lambda: [answer(nginx, "/", token) for token in tokens] == [REVOKED] * 3, 3)
            return 2


def test_a_reload_refuses_a_bad_list():
    with Service() as service, Echo() as echo:
        token = service.token()
        with Nginx(SERVER, files={"keys": service.document(), "list": VERSION + entry(token)}, echo=echo.port) as nginx:
            nginx.allowed = ["[emerg]"]
            nginx.write("list", "")
            accepted, said = nginx.check()
            assert not accepted and "refused (1105 revocations_malformed)" in said, said
            os.remove(nginx.dir / "list")
            accepted, said = nginx.check()
            assert not accepted and "No such file" in said, said
            assert answer(nginx, "/", token) == REVOKED
            list_of(nginx, entry(token, "user"))
            nginx.reload()
            assert answer(nginx, "/", token) == REVOKED
            return 4


def test_many_lines():
    """A large list is loaded at start and again later, while the worker goes on to answer."""
    with Service() as service, Echo() as echo:
        token = service.token()
        project = project_of(token)
        lines = "".join(f"{project} session_{number:025d}\n" for number in range(200_000))
        with Nginx(SERVER, files={"keys": service.document(), "list": VERSION + lines}, echo=echo.port) as nginx:
            assert metric(nginx, "tesseral_revoked_entries") == [200_000]
            assert answer(nginx, "/", token) == OK
            nginx.write("list", VERSION + lines + entry(token))
            wait_for("one more", lambda: answer(nginx, "/", token) == REVOKED, 20)
            return 3
