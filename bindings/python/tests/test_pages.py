"""The pages under docs/python do what they say: their code runs against the service. test_servers.py runs those of servers.md."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable

import pytest

from . import test_django as base  # it makes Django's settings

from django import urls
from django.test import Client, override_settings
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from starlette.testclient import TestClient

from tesseral_verify import Revoked

from .support.fake import ROOT, Fake
from .support.pages import PAGES, blocks, languages, run

configured = base.configured

NOT_RUN = {"cors.md": ["js"], "containers.md": ["dockerfile"]}
"""Blocks that neither Python nor a server runs."""

RUN = {"python", "python settings", "sh", "ini", "diff"}

ORIGIN = "https://app.example.com"
PREFLIGHT = {
    "Origin": ORIGIN,
    "Access-Control-Request-Method": "GET",
    "Access-Control-Request-Headers": "authorization",
}

Ask = Callable[[str, str, dict[str, str]], Any]


@pytest.fixture(autouse=True)
def here(fake: Fake, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", fake.ca_file)
    monkeypatch.chdir(tmp_path)


def bearer(fake: Fake, **more: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {fake.token()}", **more}


def page(name: str, fake: Fake) -> list[dict[str, Any]]:
    """The names of each block of a page."""
    return [run(code, fake, Path.cwd()) for code in blocks(PAGES / name, "python")]


def test_links_lead_to_files() -> None:
    links = [(path, link) for path in PAGES.iterdir() for link in re.findall(r"\]\(([^)#]+)[^)]*\)", path.read_text())]
    of_files = [(path, link) for path, link in links if not link.startswith("https://")]
    assert len(of_files) >= 3
    assert [link for path, link in of_files if not (path.parent / link).exists()] == []


def test_the_readme_names_each_page() -> None:
    readme = (ROOT / "bindings/python/README.md").read_text()
    assert [path.name for path in PAGES.iterdir() if f"`{path.name}`" not in readme] == []


@contextmanager
def asking(app: Any) -> Iterator[Ask]:
    """Sends requests to an ASGI application on one event loop: status, headers, body."""
    with TestClient(app) as client:

        def ask(method: str, path: str, headers: dict[str, str]) -> Any:
            answer = client.request(method, path, headers=headers)
            return answer.status_code, answer.headers, answer.text

        yield ask


def flask_asking(app: Any) -> Ask:
    """Sends requests to an application of Flask."""

    def ask(method: str, path: str, headers: dict[str, str]) -> Any:
        answer = app.test_client(use_cookies=False).open(path, method=method, headers=headers)
        return answer.status_code, answer.headers, answer.text

    return ask


@contextmanager
def django_asking(name: str, fake: Fake) -> Iterator[Ask]:
    """Sends requests to Django with a page's settings: in a process of its own, since Django has one configuration."""
    settings: dict[str, Any] = {}
    exec(blocks(PAGES / name, "python settings")[0], {}, settings)
    assert "TESSERAL_PUBLISHABLE_KEY" in settings
    settings.update(TESSERAL_PUBLISHABLE_KEY=fake.publishable_key, TESSERAL_CONFIG_API_HOSTNAME=fake.host)
    with subprocess.Popen(
        [sys.executable, "-c", DJANGO, json.dumps(settings)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        stdin, stdout = process.stdin, process.stdout

        def ask(method: str, path: str, headers: dict[str, str]) -> Any:
            print(json.dumps([method, path, headers]), file=stdin, flush=True)
            return json.loads(stdout.readline())

        yield ask
        stdin.close()
    assert process.returncode == 0


def test_every_block_is_run_or_listed() -> None:
    found = {path.name: [name for name in languages(path) if name not in RUN] for path in PAGES.iterdir()}
    assert {name: not_run for name, not_run in found.items() if not_run} == NOT_RUN
    assert all("python" in languages(PAGES / name) for name in found if name != "servers.md")


def check_cors(fake: Fake, ask: Ask) -> None:
    status, headers, _ = ask("OPTIONS", "/", PREFLIGHT)
    assert (status, headers["access-control-allow-origin"]) == (200, ORIGIN)
    assert "authorization" in headers["access-control-allow-headers"].lower()
    for credential, expected in (({}, 401), (bearer(fake), 200)):
        status, headers, _ = ask("GET", "/", {"Origin": ORIGIN, **credential})
        assert (status, headers["access-control-allow-origin"]) == (expected, ORIGIN)
        assert headers["access-control-allow-credentials"] == "true"


def test_cors_fastapi_and_flask(fake: Fake) -> None:
    of_fastapi, of_flask = page("cors.md", fake)
    with asking(of_fastapi["app"]) as ask:
        check_cors(fake, ask)

    check_cors(fake, flask_asking(of_flask["app"]))


def test_cors_the_other_way_round(fake: Fake) -> None:
    app = FastAPI()
    app.add_middleware(CORSMiddleware, allow_origins=[ORIGIN])
    of_page = page("cors.md", fake)[0]["app"].user_middleware[-1]
    app.add_middleware(of_page.cls, **of_page.kwargs)
    with asking(app) as ask:
        assert ask("OPTIONS", "/", PREFLIGHT)[0] == 401


def test_cors_django(fake: Fake) -> None:
    with django_asking("cors.md", fake) as ask:
        check_cors(fake, ask)


DJANGO = """
import json, sys
from django.conf import settings

settings.configure(ROOT_URLCONF="__main__", ALLOWED_HOSTS=["*"], SECRET_KEY="x", **json.loads(sys.argv[1]))

import django
from django.http import HttpResponse
from django.test import Client
from django.urls import path
from tesseral_verify.django import require_auth

django.setup()
urlpatterns = [path("", require_auth(lambda request: HttpResponse("let in")))]
for line in sys.stdin:
    method, path, headers = json.loads(line)
    fields = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
    answer = Client().generic(method, path, **fields)
    print(json.dumps([answer.status_code, {name.lower(): value for name, value in answer.items()}, ""]), flush=True)
"""


def test_exempt(fake: Fake) -> None:
    of_fastapi, of_flask = page("exempt.md", fake)

    def check(ask: Ask) -> None:
        stale = {"Authorization": f"Bearer {fake.token(expired=1)}"}
        statuses = [ask("GET", path, {})[0] for path in ("/health", "/private", "/public-admin", "/healthy")]
        assert statuses == [200, 401, 401, 401]
        assert ask("GET", "/private", bearer(fake))[0] == 200
        greetings = [ask("GET", "/public/greeting", headers)[2] for headers in ({}, stale, bearer(fake))]
        assert [greeting.strip('"') for greeting in greetings] == ["Hello, visitor"] * 2 + ["Hello, user0@example.com"]

    with asking(of_fastapi["app"]) as ask:
        check(ask)
        assert [ask("GET", path, {})[0] for path in ("/blog/7", "/blog/7/edit")] == [404, 401]
    check(flask_asking(of_flask["app"]))


def test_exempt_django(fake: Fake) -> None:
    # There is no view: a request that is authenticated fetches the keys, and gets 404, too.
    with django_asking("exempt.md", fake) as ask:
        assert (ask("GET", "/health", {})[0], fake.count("config")) == (404, 0)
        assert (ask("GET", "/healthy", bearer(fake))[0], fake.count("config")) == (404, 1)


def wait_for(file: Path) -> None:
    deadline = time.monotonic() + 20
    while not file.exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_functions(fake: Fake) -> None:
    code = blocks(PAGES / "functions.md", "python")[0]
    handler, token = run(code, fake, Path.cwd())["handler"], fake.token()
    event = {"headers": {"authorization": f"Bearer {token}"}}
    organization = handler(event, None)
    assert organization["statusCode"] == 200 and organization["body"].startswith("org_")
    with_cookies = {"headers": {"accept": "*/*"}, "cookies": ["a=b", f"{fake.cookie_name}={token}"]}
    assert handler(with_cookies, None) == organization
    assert handler({}, None) == {"statusCode": 401, "body": "credentials_missing"}
    assert fake.count("config") == 1
    wait_for(Path("tesseral-keys"))
    # A new process on a machine that has run one before.
    fake.command("fault/config/status", status=500)
    assert run(code, fake, Path.cwd())["handler"](event, None) == organization


@pytest.mark.filterwarnings("ignore::DeprecationWarning:mangum")
def test_functions_with_an_event_loop_for_each_invocation(fake: Fake) -> None:
    handler = run(blocks(PAGES / "functions.md", "python")[1], fake, Path.cwd())["handler"]
    event: dict[str, Any] = {
        "version": "2.0",
        "rawPath": "/",
        "rawQueryString": "",
        "headers": {"host": "example.com"},
        "requestContext": {"http": {"method": "GET", "path": "/", "sourceIp": "127.0.0.1"}},
    }
    assert handler(event, None)["statusCode"] == 401
    for _ in range(3):
        event["headers"] = {"host": "example.com", "authorization": f"Bearer {fake.token()}"}
        answer = handler(event, None)
        assert answer["statusCode"] == 200 and answer["body"].startswith('"org_')
    assert fake.count("config") == 1


def test_containers(fake: Fake) -> None:
    probes, volume = page("containers.md", fake)
    assert volume["authenticator"].wait_until_ready(20)
    wait_for(Path("state/keys"))
    with asking(probes["app"]) as ask:
        before = fake.count("config")
        assert (ask("GET", "/live", {})[0], fake.count("config")) == (200, before)
        fake.command("fault/config/status", status=500)
        status, _, reason = ask("GET", "/ready", {})
        assert status == 503 and reason.startswith("no keys were ever loaded: ")
        fake.command("fault/config/none")
    with asking(run(blocks(PAGES / "containers.md", "python")[0], fake, Path.cwd())["app"]) as ask:
        assert ask("GET", "/ready", {})[::2] == (200, "ready")
        assert [ask("GET", "/me", headers)[0] for headers in ({}, bearer(fake))] == [401, 200]


def test_verifier(fake: Fake) -> None:
    address = f"https://{fake.host}/v1/config/{fake.publishable_key}"
    with urllib.request.urlopen(address, context=fake.tls()) as answer:
        Path("config.json").write_bytes(answer.read())
    with_document, fetching = page("verifier.md", fake)
    for find in (with_document["organization"], fetching["organization_of"]):
        assert find([("authorization", f"Bearer {fake.token()}")]).startswith("org_")
        assert find([]) == "401 credentials_missing"


def test_operations(fake: Fake, configured: None) -> None:
    of_fastapi, of_flask, of_django = page("operations.md", fake)

    def check(ask: Ask) -> None:
        status, _, body = ask("GET", "/readyz", {})
        assert (status, json.loads(body)) == (200, {"ready": True, "reason": None})
        assert f'project="{fake.project_id}"' in ask("GET", "/metrics", {})[2]
        assert ask("GET", "/private", {})[0] == 401

    with asking(of_fastapi["app"]) as ask:
        check(ask)
    check(flask_asking(of_flask["app"]))
    with override_settings(ROOT_URLCONF=tuple(urls.path(name, of_django[name]) for name in ("readyz", "metrics"))):
        assert Client().get("/readyz").json() == {"ready": True, "reason": None}
        assert b"tesseral_ready{" in Client().get("/metrics").content


def test_refusals(fake: Fake) -> None:
    with_body, with_handler = page("refusals.md", fake)
    with asking(with_body["app"]) as ask:
        status, headers, body = ask("GET", "/private", {})
        assert (status, headers["content-type"]) == (401, "application/problem+json")
        assert json.loads(body) == {"title": "Please sign in", "status": 401}
        assert ask("GET", "/private", bearer(fake))[0] == 200
    with asking(with_handler["app"]) as ask:
        status, _, body = ask("DELETE", "/widgets", bearer(fake))
        assert (status, json.loads(body)) == (403, {"title": "No", "status": 403})


def test_openapi(fake: Fake) -> None:
    [of_page] = page("openapi.md", fake)
    with asking(of_page["app"]) as ask:
        assert ask("GET", "/docs", {})[0] == 200 and ask("GET", "/private", {})[0] == 401
        paths = json.loads(ask("GET", "/openapi.json", {})[2])["paths"]
    token, cookie = {"Tesseral": []}, {"TesseralCookie": []}
    assert paths["/private"]["get"]["security"] == [token, cookie]
    assert paths["/public/greeting"]["get"]["security"] == [{}, token, cookie]


def test_credentials(fake: Fake) -> None:
    [of_page] = page("credentials.md", fake)
    assert len(of_page["revoked"]) == 1
    claims = fake.token().split(".")[1]
    user = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["sub"]
    with asking(of_page["app"]) as ask:
        assert ask("GET", "/private", bearer(fake))[0] == 200
        of_page["revoked"] = Revoked(f"tesseral-revoked 1\n{fake.project_id} {user}\n")
        assert ask("GET", "/private", bearer(fake))[0] == 401


def test_upgrading(fake: Fake) -> None:
    [app] = page("upgrading.md", fake)
    with asking(app["app"]) as ask:
        assert ask("GET", "/", bearer(fake))[2] == '"user0@example.com"'
    [diff] = blocks(PAGES / "upgrading.md", "diff")
    old, new = ("".join(line[1:] + "\n" for line in diff.splitlines() if line[0] == sign) for sign in "-+")
    assert old.split("import")[1] == new.split("import")[1]
    exec(new, {})
    if sys.version_info >= (3, 13):
        exec(old, {})
