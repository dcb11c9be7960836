"""A second project in one location: each credential is judged by the project that issued it."""

import json
import time

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
        add_header X-Project $tesseral_project_id always;
        add_header X-Issuer $tesseral_claim_iss always;
        tesseral_snapshot {dir}/old refresh=50ms;
        location / {{ tesseral_auth on; tesseral_also {dir}/new project={new}; tesseral_pass_credentials off;
                      proxy_pass http://127.0.0.1:{echo}; }}
        location /one {{ tesseral_auth on; try_files /- =204; }}
        location /inner {{ tesseral_auth optional; tesseral_also {dir}/new project={new}; try_files /- /one; }}
        location /keyless {{ tesseral_auth optional; tesseral_config_request /nothing; tesseral_project_id {old};
                             tesseral_pass_credentials off; proxy_pass http://127.0.0.1:{echo}; }}
        location = /nothing {{ internal; return 503; }}
        location = /metrics {{ tesseral_metrics; }}
        location = /ready {{ tesseral_ready; }}
    }}
"""


def cookie(project, token):
    return f"tesseral_{project}_access_token={token}"


def verdict(nginx, path, headers):
    response = get(nginx.port, path, headers)
    return response.status, response.get("X-Error"), response.get("X-Project")


def test_both_projects():
    with Service() as old, Service() as new, Echo() as echo:
        assert old.projectId != new.projectId
        files = {"old": old.document(), "new": new.document()}
        with Nginx(SERVER, files=files, echo=echo.port, old=old.projectId, new=new.projectId) as nginx:
            good, ran = [], 0
            for service in (old, new):
                token, expired = service.token(), service.token(expired=1)
                nginx.secrets += [token, expired]
                good.append(token)
                other = new if service is old else old
                for headers in [bearer(token), [("Cookie", cookie(service.projectId, token))],
                                # The other project's verdict on its own cookie does not count.
                                [("Cookie", cookie(other.projectId, other.token(expired=1)) + "; "
                                  + cookie(service.projectId, token))]]:
                    # First without the signature cache, then from it.
                    for _ in range(3):
                        response = get(nginx.port, "/", headers)
                        assert response.status == 200, (headers, response)
                        assert response.get("X-Project") == service.projectId
                        issuer = f"https://{service.projectId.replace('_', '-')}.tesseral.app"
                        assert response.get("X-Issuer") == issuer
                        got = seen(response)
                        assert ("x-tesseral-project-id", service.projectId) in got
                        assert not any(name == "cookie" for name, _ in got), got
                        ran += 1
                assert verdict(nginx, "/", bearer(expired)) == (401, "token_expired", None)
                assert verdict(nginx, "/", bearer(token[:-6] + "AAAAAA")) == (401, "signature_invalid", None)
                # The name of a cookie names its project.
                named_wrong = [("Cookie", cookie(other.projectId, token))]
                assert verdict(nginx, "/", named_wrong)[:2] == (401, "key_unknown")
                ran += 3
            assert verdict(nginx, "/", [])[:2] == (401, "credentials_missing")
            # Where no second project is set, its tokens are refused.
            assert verdict(nginx, "/one", bearer(good[0]))[0] == 204
            for path in ["/one", "/inner"]:
                assert verdict(nginx, path, bearer(good[1]))[:2] == (401, "key_unknown")
            sources = json.loads(get(nginx.port, "/metrics?format=json").body)["tesseral_source_ready"]
            assert sorted(source["value"] for source in sources) == [0, 1, 1]
            return ran + 5


def test_cookies_of_a_project_without_keys():
    """The upstream does not get the cookies of a project that the configuration names."""
    with Service() as old, Service() as new, Echo() as echo:
        files = {"old": old.document(), "new": new.document()}
        with Nginx(SERVER, files=files, echo=echo.port, old=old.projectId, new=new.projectId) as nginx:
            ran = 0
            for mine in ["", "; mine=1"]:
                got = seen(get(nginx.port, "/keyless", [("Cookie", cookie(old.projectId, old.token()) + mine)]))
                assert [value for name, value in got if name == "cookie"] == ([mine[2:]] if mine else []), got
                ran += 1
            return ran


def test_a_new_key_of_the_second_project():
    """A request with a token of the new key waits until the file is read again, also behind a stale cookie."""
    with Service() as old, Service() as new, Echo() as echo:
        stale = cookie(old.projectId, old.token(expired=1)) + "; "
        files = {"old": old.document(), "new": new.document()}
        with Nginx(SERVER, files=files, echo=echo.port, old=old.projectId, new=new.projectId) as nginx:
            for before in ["", stale, ""]:
                new.control("rotate")
                nginx.write("new", new.document())
                # Requests cause at most one look at the file in a second.
                time.sleep(1.1)
                headers = [("Cookie", before + cookie(new.projectId, new.token()))]
                assert verdict(nginx, "/", headers) == (200, "ok", new.projectId), before
            new.control("rotate")
            # The file does not have the key: no request waits.
            assert verdict(nginx, "/", bearer(new.token()))[:2] == (401, "key_unknown")
            return 4


def test_one_kid_in_both():
    """nginx refuses such a key at start. When it appears later, neither project uses it."""
    with Service() as old, Service() as new, Echo() as echo:
        document = json.loads(old.document())
        both = dict(document, keys=document["keys"] + json.loads(new.document())["keys"])
        files = {"old": old.document(), "new": new.document()}
        with Nginx(SERVER, files=files, echo=echo.port, old=old.projectId, new=new.projectId) as nginx:
            nginx.allowed = ["[emerg]"]
            tokens = [old.token(), new.token()]
            assert [verdict(nginx, "/", bearer(token))[0] for token in tokens] == [200, 200]
            nginx.write("old", json.dumps(both))
            accepted, said = nginx.check()
            assert not accepted and '"tesseral_also": both projects have a key with the same ID' in said, said
            wait_for("neither", lambda: verdict(nginx, "/", bearer(tokens[1]))[:2] == (401, "key_unknown"), 3)
            assert verdict(nginx, "/", bearer(tokens[0]))[0] == 200
            nginx.write("old", old.document())
            wait_for("both again", lambda: verdict(nginx, "/", bearer(tokens[1]))[0] == 200, 3)
            nginx.write("new", old.document())
            accepted, said = nginx.check()
            assert not accepted, said
            return 6
