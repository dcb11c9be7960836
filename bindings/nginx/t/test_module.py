"""The module's file, and what its log lines contain at the level debug."""

import re
import subprocess

from client import bearer, get
from echo import Echo
from nginx import Nginx, our_words
from service import Service
from support import MODULE
from test_api_keys import SERVER as LOOKUP


def test_exports_and_needs():
    shown = subprocess.run(["nm", "-D", "--defined-only", MODULE], capture_output=True, text=True, check=True).stdout
    assert [line.split()[2] for line in shown.splitlines()] == ["ngx_module_names", "ngx_module_order", "ngx_modules"]
    dynamic = subprocess.run(["readelf", "-d", MODULE], capture_output=True, text=True, check=True).stdout
    assert re.findall(r"Shared library: \[(.*?)\]", dynamic) == ["libc.so.6"], dynamic
    return 4


def test_no_secret_in_our_lines():
    """At the level debug, nginx itself logs headers; our lines have no credential and no claim even there."""
    with Service("--tls") as service, Echo() as echo:
        nginx = Nginx(LOOKUP, files={"keys": service.document()}, options="cache=1m", host=service.host, echo=echo.port,
                      backend=service.backendApiKey, ca=service.caFile, level="debug")
        tokens = [service.token(email="secret-address@example.com", action=["app.secret.action"]),
                  service.token(tampered=1), service.token(expired=1), service.apiKey]
        with nginx:
            for token in tokens:
                for path in ["/", "/permission", "/optional", "/echo"]:
                    get(nginx.port, path, bearer(token))
                    get(nginx.port, path, [("Cookie", f"{service.cookieName}={token}")])
            log = nginx.log()
        ours = [our_words(line) for line in log.splitlines() if "tesseral:" in line]
        secrets = [part for token in tokens for part in token.split(".") if len(part) > 60]
        secrets += ["secret-address", "app.secret.action", service.backendApiKey, "user_", "org_", "session_"]
        assert len(ours) >= 8 and len(secrets) >= 8
        for line in ours:
            assert not any(secret in line for secret in secrets), line
            assert len(line) < 200, line
        return len(ours)
