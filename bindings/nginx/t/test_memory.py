"""Every kind of request under valgrind, and under an address sanitizer: no error, no definite leak."""

import contextlib
import os
import re
import struct
import subprocess
from pathlib import Path

import support
import test_shared as shared
from client import Connection, bearer, get
from echo import Echo
from nginx import Nginx
from service import Service
from support import OUT, ROOT, wait_for
from test_api_keys import SERVER as LOOKUP
from test_fetch import fetch
from test_own import thousands

SERVER = """
    tesseral_signature_cache 128k;
    server {{
        listen 127.0.0.1:{port};
        add_header X-All "$tesseral_error $tesseral_user_email $tesseral_actions $tesseral_claims $tesseral_claim_sub";
        location /file {{ tesseral_auth on; tesseral_snapshot {dir}/keys refresh=100ms; tesseral_pass_identity claims;
                          tesseral_pass_credentials off; tesseral_api_keys /lookup cache=1s;
                          tesseral_revoked {dir}/list refresh=50ms;
                          proxy_pass http://127.0.0.1:{echo}; }}
        location /fetched {{ tesseral_auth on; tesseral_config_request /keys refresh=1s cooldown=200ms;
                             tesseral_require_permission any a.b.c app.posts.read; try_files /- /file/x; }}
        location /optional {{ tesseral_auth optional; tesseral_snapshot {dir}/keys; try_files /- =204; }}
        location /nested {{ ssi on; ssi_types *; auth_request /fetched; mirror /optional; add_after_body /file;
                            try_files /nested.html =404; }}
        location = /metrics {{ tesseral_metrics; }}
        location = /ready {{ tesseral_ready; }}
        {fetch}
        {lookup}
    }}
"""


# Good lists and a malformed one, in turns.
LISTS = ["tesseral-revoked 1\n# nobody\n", "tesseral-revoked 1\nx\n", "tesseral-revoked 1\n"]

# Pools so small that nearly every allocation from a pool is a malloc().
SMALL = """
    server {{
        listen 127.0.0.1:{port};
        request_pool_size 128;
        tesseral_auth on;
        tesseral_snapshot {dir}/keys;
        tesseral_api_keys /lookup;
        location / {{ try_files /- =204; }}
        location /ask {{ tesseral_auth off; auth_request /verify; try_files /ok =404; }}
        location = /verify {{ internal; try_files /- =204; }}
        location = /lookup {{ internal; proxy_pass http://{host}/v1/api-keys/authenticate;
                              proxy_set_header Authorization "Bearer {backend}"; }}
    }}
"""


def asked(service):
    return [(sorted(name.lower() for name, _ in request["headers"]), request["bodyLength"])
            for request in service.requests("api-keys")]


def test_each_allocation_fails_once():
    """Fails each allocation of a request with an API key: the service is asked correctly or not at all, and nginx goes on."""
    with Service() as service:
        nginx = Nginx(SMALL, files={"keys": service.document()}, host=service.host, backend=service.backendApiKey)
        file, ran = nginx.preload("fail"), 0
        nginx.allowed = ["failed (12: Cannot allocate memory)"]
        nginx.secrets = [service.apiKey, service.backendApiKey]

        def fail_after(succeed):
            with open(file, "r+b") as octets:
                octets.write(struct.pack("q", succeed))

        with nginx:
            (worker,) = nginx.pids()
            assert get(nginx.port, "/", bearer(service.apiKey)).status == 204
            usual = asked(service)
            assert len(usual) == 1
            for path, good in [("/", 204), ("/ask", 200)]:
                for n in range(1000):
                    service.control("forget")
                    fail_after(n)
                    with contextlib.suppress(ConnectionError):
                        status = get(nginx.port, path, bearer(service.apiKey)).status
                        assert status in (good, 500, 503), (path, n, status)
                    if struct.unpack("q", file.read_bytes())[0] >= 0:
                        break
                    fail_after(-1)
                    assert asked(service) in ([], usual), (path, n, asked(service))
                    assert get(nginx.port, path, bearer(service.apiKey)).status == good, (path, n)
                    ran += 1
                fail_after(-1)
                assert n > 20, n
            assert nginx.pids() == [worker]
        return ran


def traffic(nginx, service):
    """Each way through the module a few times."""
    cookie = service.cookieName
    tokens = [service.token(action=["app.posts.read", "app.posts.\u00e9"], email="a b@x.com"),
              service.token(actions=200), service.token(expired=1), service.token(tampered=1), "a.b.c", "x",
              service.apiKey, service.apiKey[:-1] + "_", service.control("api-key")]
    nginx.secrets = [token for token in tokens if len(token) > 20]
    ran = 0
    for n in range(3):
        for path in ["/fetched", "/file", "/optional", "/nested", "/metrics", "/metrics?format=json", "/ready"]:
            for token in tokens:
                for headers in [bearer(token), [("Cookie", f"a=1; {cookie}={token}; b=2")],
                                bearer(token) + [("X-Tesseral-User-Id", "forged"), ("X-Tesseral-Claims", "forged")]]:
                    assert get(nginx.port, path, headers).status in (200, 204, 401, 403, 503)
                    ran += 1
            assert get(nginx.port, path).status in (200, 204, 401, 503)
        service.control("fault/config/none")
        service.control("fault/api-keys/none")
        service.control("rotate")
        nginx.write("keys", service.document())
        nginx.write("list", LISTS[n])
        tokens.append(service.token())
        if n == 1:
            service.control("fault/config/truncate", octets=10)
            service.control("fault/api-keys/reset")
        for token in [tokens[-1], service.apiKey]:
            with Connection(nginx.port) as connection:
                connection.send("/file", bearer(token))
    malformed = "(1105 revocations_malformed)"
    wait_for("the last list", lambda: "read again: 0 entries" in nginx.log().rpartition(malformed)[2])
    assert malformed in nginx.log()
    service.control("fault/config/none")
    nginx.reload()
    assert get(nginx.port, "/file", bearer(tokens[-1])).status == 200
    return ran


def start(service, echo, **more):
    lookup = LOOKUP[LOOKUP.index("        location = /lookup"):LOOKUP.rindex("    }}")]
    lookup = lookup.format(host=service.host, backend=service.backendApiKey, ca=service.caFile)
    page = "".join(f'<!--# include virtual="{path}" -->' for path in ["/fetched", "/file", "/optional"])
    return Nginx(SERVER, files={"keys": service.document(), "list": LISTS[0], "html/nested.html": page}, fetch=fetch(service),
                 lookup=lookup, echo=echo.port, **more)


def test_valgrind():
    with Service("--tls") as service, Echo() as echo:
        log = OUT / "valgrind.log"
        wrap = ["valgrind", "--trace-children=yes", "--leak-check=full", "--show-leak-kinds=definite",
                f"--log-file={log}.%p", "--error-exitcode=0", "--keep-debuginfo=yes"]
        for old in OUT.glob("valgrind.log.*"):
            old.unlink()
        with start(service, echo, wrap=wrap, env={"LD_BIND_NOW": "1"}, level="notice") as nginx:
            ran = traffic(nginx, service)
        ours = []
        logs = list(OUT.glob("valgrind.log.*"))
        for file in logs:
            for block in re.split(r"==\d+== \n", file.read_text()):
                if "ngx_http_tesseral" in block or "libtesseral" in block:
                    ours.append(block)
        assert len(logs) >= 3, "no worker was under valgrind"
        assert not ours, "\n".join(ours[:3])
        return ran


@contextlib.contextmanager
def sanitized():
    """Only the module is built with the sanitizer, not nginx, so this returns an environment that preloads it."""
    env = dict(os.environ, NGINX_BUILD="asan-", NGINX_CC_OPT="-fsanitize=address,undefined -fno-omit-frame-pointer",
               NGINX_LD_OPT="-fsanitize=address,undefined")
    subprocess.run([ROOT / "bindings/nginx/build.sh"], env=env, check=True, stdout=subprocess.DEVNULL)
    libraries = [subprocess.run(["cc", f"-print-file-name={name}"], capture_output=True, text=True).stdout.strip()
                 for name in ["libasan.so", "libubsan.so"]]
    normal, support.MODULE = support.MODULE, OUT / "asan-ngx_http_tesseral_module.so"
    try:
        for old in OUT.glob("asan.log.*"):
            old.unlink()
        yield {"LD_PRELOAD": " ".join(libraries), "ASAN_OPTIONS": "detect_leaks=0:log_path=%s" % (OUT / "asan.log"),
               "UBSAN_OPTIONS": "print_stacktrace=1"}
        said = "".join(file.read_text() for file in OUT.glob("asan.log.*"))
        assert not said, said[:3000]
    finally:
        support.MODULE = normal


def test_address_sanitizer():
    with sanitized() as preload, Service("--tls") as service, Echo() as echo:
        with start(service, echo, env=preload, workers=2, level="notice") as nginx:
            maps = Path(f"/proc/{nginx.pids()[0]}/maps").read_text()
            assert "libasan" in maps and "asan-ngx_http_tesseral" in maps
            ran = traffic(nginx, service)
        for nginx in thousands(service, 1000, env=preload):
            ran += 500
        return ran


def test_old_workers_under_the_sanitizer():
    with sanitized() as preload:
        return shared.test_old_workers_keep_their_records(env=preload)
