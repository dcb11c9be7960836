#!/usr/bin/env python3
"""Shows a real nginx with the module. The service's double serves the keys over TLS, and an upstream shows the headers that it gets."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "t"))

from client import bearer, get  # noqa: E402
from echo import Echo  # noqa: E402
from nginx import Nginx  # noqa: E402
from service import Service  # noqa: E402
from support import tidy  # noqa: E402

SERVER = """
    server {{
        listen 127.0.0.1:{port};
        tesseral_config_request /tesseral-config;
        tesseral_project_id {project};

        location / {{
            tesseral_auth on;
            add_header X-Reason $tesseral_error always;
            proxy_pass http://127.0.0.1:{echo};
        }}

        location = /tesseral-config {{
            internal;
            proxy_pass https://{host}/v1/config/{key};
            proxy_ssl_verify on;
            proxy_ssl_trusted_certificate {ca};
            proxy_ssl_server_name on;
            proxy_ssl_name localhost;
            proxy_connect_timeout 2s;
            proxy_read_timeout 5s;
            proxy_ignore_client_abort on;
            subrequest_output_buffer_size 256k;
        }}
    }}
"""


def style(code, text):
    return f"\033[{code}m{text}\033[0m" if sys.stdout.isatty() else text


def show(nginx, what, headers, status, reason):
    print("\n" + style(1, what))
    shown = " ".join(f"-H '{name}: {value[:28]}{'…' if len(value) > 28 else ''}'" for name, value in headers)
    print(style(2, f"   $ curl -i http://127.0.0.1:{nginx.port}/ {shown}"))
    response = get(nginx.port, "/", headers)
    assert (response.status, response.get("X-Reason")) == (status, reason), response
    print(style(32 if status == 200 else 31, f"   {response.status} {response.get('X-Reason')}"))
    if response.get("WWW-Authenticate"):
        print(f"   WWW-Authenticate: {response.get('WWW-Authenticate')}")
    if status == 200:
        pairs = json.loads(response.body)["headers"]
        print("   the upstream gets:")
        for name, value in pairs:
            if name.lower().startswith("x-tesseral"):
                print(f"      {name}: {value}")
        assert "user_of_somebody_else" not in str(pairs)


def main():
    with Service("--tls") as service, Echo() as echo:
        nginx = Nginx(SERVER, project=service.projectId, host=service.host, key=service.publishableKey,
                      ca=service.caFile, echo=echo.port, level="notice")
        print(style(1, "The server's configuration"))
        text = (nginx.dir / "nginx.conf").read_text()
        lines = text[text.index("    server {"):].rstrip().splitlines()
        print("\n".join("   " + line[4:] for line in lines if line.strip())[:-1].rstrip())
        with nginx:
            good = service.token(action=["app.posts.read", "app.posts.write"])
            show(nginx, "1. A good token: nginx fetches the keys over TLS, then lets it in", bearer(good), 200, "ok")
            show(nginx, "2. The same, with a forged header", [*bearer(good), ("X-Tesseral-User-Id",
                                                                           "user_of_somebody_else")], 200, "ok")
            show(nginx, "3. A token from an hour ago", bearer(service.token(expired=1)), 401, "token_expired")
            show(nginx, "4. A token with one character changed", bearer(service.token(tampered=1)), 401,
                 "signature_invalid")
            show(nginx, "5. No token, but a forged header", [("X-Tesseral-User-Id", "user_of_somebody_else")], 401,
                 "credentials_missing")
    print("\n" + style(1, "All as they should be.") + " bindings/nginx/README.md has the directives and recipes.")


if __name__ == "__main__":
    with tidy():
        main()
