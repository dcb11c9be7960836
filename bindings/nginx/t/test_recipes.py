"""Recipes of single lines that decide about access, run as they stand in recipes.md."""

import base64
import json
import re
import time

from client import bearer, get
from nginx import Nginx
from service import Service
from test_fetch import fetch
from test_readme import blocks

EARLY = """
    {maps}
    limit_req_zone $session_ok$tenant_ok zone=early:1m rate=1000r/s;
    server {{
        listen 127.0.0.1:{port};
        tesseral_config_request /keys cooldown=1s;
        add_header X-Error $tesseral_error always;
        {requirements}
        location / {{ tesseral_auth on; try_files /- =204; }}
        location /set {{ tesseral_auth on; set $early $session_ok$tenant_ok; try_files /- =204; }}
        location /limited {{ tesseral_auth on; limit_req zone=early burst=100 nodelay; try_files /- =204; }}
        location /optional {{ tesseral_auth optional; set $early $session_ok$tenant_ok; try_files /- /set/again; }}
        location /include {{ ssi on; default_type text/html; try_files /page.html =404; }}
        location /fragment {{ tesseral_auth on; tesseral_token $arg_token; try_files /ok =404; }}
        {fetch}
    }}
"""

# The first fragment is for another, good session; the second is for the session in question.
PAGE = """<!--# include virtual="/fragment?token=$arg_good" wait="yes" -->
<!--# include virtual="/fragment?token=$arg_asked" -->
"""


def claims(token):
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def test_denied_sessions_and_tenants():
    """The map is evaluated before the keys are there (cold start, rotation), and for another subrequest first."""
    (recipe,) = [block for block in blocks() if "session_ok" in block]
    with Service("--tls") as service:
        good, denied, ran = service.token(user=1), service.token(user=7), 0
        text = recipe.replace("session_…", claims(denied)["session"]["id"]).replace(
            "acme.example.com:org_…", "localhost:" + claims(good)["organization"]["id"])
        maps = "".join(line + "\n" for line in text.splitlines() if line.startswith("map "))
        names = {"maps": maps, "requirements": text.replace(maps, ""), "fetch": fetch(service)}
        assert maps.count("map ") == 2 and names["requirements"].count("tesseral_require ") == 2, recipe
        for path in ["/", "/set", "/limited", "/optional"]:
            for user, host, status in [(7, "localhost", 401), (1, "localhost", 204), (1, "elsewhere", 403)]:
                with Nginx(EARLY, **names) as nginx:
                    for rotated in [False, True]:
                        if rotated:
                            service.control("rotate")
                            time.sleep(1.1)
                        token = service.token(user=user)
                        for _ in range(2):
                            response = get(nginx.port, path, bearer(token), host=host)
                            error = "ok" if status == 204 else "permission_missing"
                            assert (response.status, response.get("X-Error")) == (status, error), (path, user, host, response)
                            ran += 1
        good, denied = service.token(user=1), service.token(user=7)
        with Nginx(EARLY, files={"html/page.html": PAGE}, **names) as nginx:
            for asked, shown in [(denied, 1), (good, 2)]:
                body = get(nginx.port, f"/include?good={good}&asked={asked}").body
                assert len(re.findall(rb"^ok$", body, re.M)) == shown, (asked == denied, body)
                ran += 1
        return ran
