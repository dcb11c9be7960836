"""A refusal is logged and counted once, however many locations and requests it passes."""

import time

from client import bearer, get
from nginx import Nginx
from service import Service
from support import free_port
from test_subrequests import judged

SERVER = """
    tesseral_snapshot {dir}/keys;
    server {{
        listen 127.0.0.1:{port};
        error_page 401 403 503 = /page;
        add_header X-Error $tesseral_error always;
        tesseral_auth on;
        location / {{ try_files /- =204; }}
        location /permission {{ tesseral_require_permission a.b.c; try_files /- =204; }}
        location /page {{ tesseral_require_permission d.e.f; try_files /- =204; }}
        location /away {{ satisfy any; allow all; error_page 401 = /page; try_files /- /page; }}
        location = /metrics {{ tesseral_auth off; tesseral_metrics; }}
        location /report {{ tesseral_auth report; tesseral_api_keys /lookup; error_page 404 = /report/page; }}
        location = /lookup {{ internal; proxy_pass http://127.0.0.1:{nothing}; }}
        location = /keys {{ internal; proxy_pass http://127.0.0.1:{nothing}; }}
        location /without {{ tesseral_config_request /keys; error_page 503 = /without/page; }}
        location /other {{ tesseral_config_request /keys cooldown=9s; error_page 404 = /page; }}
        location /key {{ tesseral_api_keys /lookup; error_page 503 = /key/page; try_files /- =204; }}
    }}
"""


def ours(nginx, words):
    return [line for line in nginx.log().splitlines() if "tesseral: " in line and words in line]


def test_error_pages_double_nothing():
    """The error page is refused like the request itself: one header, one count, one log line."""
    with Service() as service, Nginx(SERVER, files={"keys": service.document()}, nothing=free_port()) as nginx:
        good, expired = service.token(), service.token(expired=1)
        cases = [("/", [], 401, "credentials_missing"), ("/", bearer(expired), 401, "token_expired"),
                 ("/permission", bearer(good), 403, "permission_missing"), ("/away", [], 401, "credentials_missing"),
                 ("/away", bearer(good), 403, "permission_missing"), ("/without", bearer(good), 503, "keys_unavailable"),
                 ("/key", bearer(service.apiKey), 503, "api_key_lookup_failed")]
        for path, headers, status, error in cases:
            before, lines = judged(nginx), len(ours(nginx, error))
            response = get(nginx.port, path, headers)
            assert response.status == status and response.get("X-Error") == error, (path, response)
            assert len(response.all("WWW-Authenticate")) == (status != 503), response
            assert len(response.all("Retry-After")) == (status == 503), response
            assert judged(nginx) == before + 1, path
            # Let in by another module, and refused in the next location: both are logged.
            more = 2 if (path, error) == ("/away", "credentials_missing") else 1
            assert len(ours(nginx, error)) == lines + more, (path, ours(nginx, error))
        return len(cases)


def test_one_line_for_a_fault_of_ours():
    """Missing keys are logged once a minute for each source, with the number of requests; each fault of a client has a line."""
    with Service() as service, Nginx(SERVER, files={"keys": service.document()}, clock=True, nothing=free_port()) as nginx:
        now, token = int(time.time()), service.token(lifetime=3600)
        nginx.set_clock(now)
        for path, error in [("/without", "keys_unavailable"), ("/key", "api_key_lookup_failed")]:
            credential = service.apiKey if path == "/key" else token
            for later, lines in [(0, 1), (59, 1), (60, 2), (61, 2), (130, 3)]:
                nginx.set_clock(now + later)
                for _ in range(10):
                    assert get(nginx.port, path, bearer(credential)).status == 503
                assert len(ours(nginx, error)) == lines, (path, later, ours(nginx, error))
                assert len(ours(nginx, "no answer about an API key")) == (lines if path == "/key" else 0)
            assert "(and 19 more requests since the last such line)" in ours(nginx, error)[1], ours(nginx, error)
        assert get(nginx.port, "/other", bearer(token)).status == 503
        assert len(ours(nginx, "keys_unavailable")) == 4
        for _ in range(10):
            assert get(nginx.port, "/", []).status == 401
        assert len(ours(nginx, "credentials_missing")) == 10
        return 111


def test_report():
    """"report" logs bad credentials at a level that operators read, and does not call good API keys refused."""
    with Service() as service, Nginx(SERVER, files={"keys": service.document()}, nothing=free_port()) as nginx:
        for headers, level, words in [(bearer(service.token(expired=1)), "warn", "would be refused (5001 token_expired)"),
                                      ([], "warn", "would be refused (2101 credentials_missing)"),
                                      (bearer(service.apiKey), "info", "not judged (6003 api_key_lookup_needed)")]:
            before = len(ours(nginx, ""))
            assert get(nginx.port, "/report", headers).status == 404
            (line,) = ours(nginx, "")[before:]
            assert words in line and f"[{level}]" in line, line
        assert get(nginx.port, "/report", bearer(service.token())).status == 404
        text = get(nginx.port, "/metrics").body.decode()
        for slug in ["token_expired", "credentials_missing", "api_key_lookup_needed", "ok"]:
            assert f'tesseral_reported_total{{slug="{slug}"}} 1\n' in text, slug
        return 8
