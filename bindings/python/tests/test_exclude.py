"""``exclude``: a request without a credential reaches excluded views and no others, whatever its path looks like."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Callable
from urllib.parse import unquote

import pytest

from . import test_django as base  # it makes Django's settings

from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.test import override_settings
from fastapi import FastAPI
from flask import Flask, Request
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request as StarletteRequest
from starlette.staticfiles import StaticFiles

from tesseral_verify._exclude import Excluded
from tesseral_verify.fastapi import RequireAuthMiddleware
from tesseral_verify.flask import require_auth

from .support import routes
from .support.fake import Fake
from .support.raw import Answer, Response, asgi_response, bearer, server_response, wsgi_response
from .test_servers import serving

configured = base.configured

Ask = Callable[..., Answer]
"""Takes a target, and a token or nothing."""


def by_wsgi(app: Any, target: str, token: str = "", script_name: str = "") -> Answer:
    return wsgi_response(app, target, bearer(token), script_name).view()


def by_asgi(app: Any, target: str, token: str = "", root_path: str = "") -> Answer:
    return asgi_response(app, target, bearer(token), root_path).view()


EMAIL = "user0@example.com"


def is_narrower(target: str) -> bool:
    """Whether a path is judged although the router takes it for an excluded one: views that serve files resolve dots."""
    return not {".", ".."}.isdisjoint(re.split(r"[/\\]", unquote(target.partition("?")[0])))


def check(bare: Ask, guarded: Ask, targets: Sequence[str], token: str) -> None:
    """The application without authentication tells which view the router chooses."""
    reached = {True: 0, False: 0}
    for target in targets:
        status, name, _ = bare(target)
        without, with_token = guarded(target), guarded(target, token)
        seen = f"{target!r} reaches {name}: {without} without a token, {with_token} with one"
        if name is None:
            assert without[1] is None and with_token[:2] == (status, None), seen
        elif routes.is_public(name) and is_narrower(target):
            assert with_token == (status, name, EMAIL), seen
            # With Django, the view itself is one for everybody.
            assert without in ((401, None, None), (status, name, None)), seen
        elif routes.is_public(name):
            assert without == with_token == (status, name, None), seen
        else:
            assert without == (401, None, None), seen
            assert with_token == (status, name, EMAIL), seen
        if name is not None:
            reached[routes.is_public(name)] += 1
    assert min(reached.values()) >= 8, reached


def options(fake: Fake) -> dict[str, Any]:
    return {"publishable_key": fake.publishable_key, "config_api_hostname": fake.host}


@pytest.mark.parametrize("root_path", ["", "/api", "/public", "/public/deep"])
def test_fastapi(fake: Fake, configured: None, root_path: str) -> None:
    bare, guarded = routes.fastapi_app(None), routes.fastapi_app(options(fake))

    def asking(app: Any) -> Ask:
        return lambda target, token="": by_asgi(app, target, token, root_path)

    check(asking(bare), asking(guarded), ["", "?", *routes.TARGETS], fake.token())


@pytest.mark.parametrize("script_name", ["", "/api", "/public"])
def test_flask(fake: Fake, configured: None, script_name: str) -> None:
    bare, guarded = routes.flask_app(None), routes.flask_app(options(fake))

    def asking(app: Any) -> Ask:
        return lambda target, token="": by_wsgi(app, target, token, script_name)

    check(asking(bare), asking(guarded), ["", "?", *routes.TARGETS], fake.token())


@pytest.mark.parametrize("forced", [None, "/public"])
@pytest.mark.parametrize("script_name", ["", "/public"])
@pytest.mark.parametrize("interface", ["wsgi", "asgi"])
def test_django(fake: Fake, configured: None, interface: str, script_name: str, forced: Any) -> None:
    ask = by_wsgi if interface == "wsgi" else by_asgi
    handler = WSGIHandler if interface == "wsgi" else ASGIHandler

    def asking(app: Any) -> Ask:
        return lambda target, token="": ask(app, target, token, script_name)

    # A server that does not know the name passes the whole path on.
    targets = [f"{prefix}{target}" for prefix in ("", forced or "") for target in ("", "?", *routes.TARGETS)]
    with override_settings(
        ROOT_URLCONF=routes.GUARDED, FORCE_SCRIPT_NAME=forced, TESSERAL_EXCLUDE=routes.EXCLUDE, APPEND_SLASH=True
    ):
        redirecting = "django.middleware.common.CommonMiddleware"
        with override_settings(MIDDLEWARE=[redirecting, "tesseral_verify.django.middleware.AuthMiddleware"]):
            guarded = handler()
        with override_settings(MIDDLEWARE=[redirecting, "tests.support.routes.without_authentication"]):
            bare = handler()
        check(asking(bare), asking(guarded), sorted(set(targets)), fake.token())


def test_files(fake: Fake, configured: None, tmp_path: Path) -> None:
    """Views that serve a whole folder resolve dots after the router has chosen them."""
    for name in ("public", "private", "css"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file.css").write_text(name)
    exclude: list[Any] = ["/public", re.compile(r"/css/.*")]
    starlette = FastAPI()
    starlette.mount("/", StaticFiles(directory=tmp_path))
    starlette.add_middleware(RequireAuthMiddleware, exclude=exclude, **options(fake))
    flask = Flask(__name__, static_folder=str(tmp_path), static_url_path="")
    flask.before_request(require_auth(exclude=exclude, **options(fake)))
    for respond, app in ((asgi_response, starlette), (wsgi_response, flask)):
        for name, expected in (("public", b"public"), ("css", b"css")):
            assert respond(app, f"/{name}/file.css", {}).body == expected
        for target in ("", *PRIVATE):
            assert respond(app, f"{target}/private/file.css", {}).status == 401, target
            assert respond(app, f"{target}/private/file.css", bearer(fake.token())).body == b"private", target


PRIVATE = [
    "/public/..",
    "/public/%2e%2e",
    "/public%2F..",
    "/public/x/../..",
    "/public/./..",
    "/public//x/../..",
    "/css/..",
    "/css/x/%2E./..",
]


def test_what_is_never_excluded() -> None:
    """Segments of dots, also as Windows parts them; a line break, which Starlette ignores at the end of a path."""
    excluded = Excluded(["/public", re.compile(r"/css/.*", re.DOTALL), re.compile(r"\.\./x")])
    for path in ("/public/..x", "/public/x..", "/public/...", "/public/.well-known/x", "/public/.x", "/css/a.b/..c"):
        assert excluded.covers(path), path
    for path in ("/public/.", "/public/..", r"/public\..", r"/public/..\x", r"/css/x\..\..", "../x", "/css/../\n", "/public\n"):
        assert not excluded.covers(path), path


def answers(response: Response) -> list[Answer]:
    """The three answers of ``routes_served``. A request that the server itself refuses has one answer for all three."""
    if response.status != 200:
        return [response.view()] * 3
    bare, without, with_token = (tuple(answer) for answer in json.loads(response.body))
    return [bare, without, with_token]


def test_under_servers(fake: Fake) -> None:
    """Servers read some targets in ways of their own, such as absolute ones."""
    absolute = [f"http://else.where{target}" for target in ("/public", "/public-admin", "//public", "/public/../admin")]
    targets, token = [*routes.TARGETS, *absolute], fake.token()
    module = "tests.support.routes_served"
    servers = [
        serving(fake, "uvicorn", f"{module}:asgi", "--port", "{port}", "--log-level", "critical"),
        serving(fake, "gunicorn", f"{module}:wsgi", "-b", "{host}", "--log-level", "critical"),
    ]
    with ExitStack() as running, ThreadPoolExecutor() as pool:
        # Both start at the same time: they need a second or more for their imports.
        asgi, wsgi = pool.map(running.enter_context, servers)
        for address, framework in ((asgi, "fastapi"), (wsgi, "flask"), (wsgi, "django")):

            seen = {target: answers(server_response(address, framework, target, bearer(token))) for target in targets}
            check(lambda target: seen[target][0], lambda target, token="": seen[target][2 if token else 1], targets, token)


def test_websockets(fake: Fake, configured: None) -> None:
    app, token = routes.fastapi_app(options(fake)), fake.token()

    def connect(target: str, token: str) -> tuple[int, str]:
        answer = asgi_response(app, target, bearer(token), root_path, "websocket")
        return answer.status, answer.body.decode()

    for root_path in ("", "/public"):
        for target in ("/public/socket", "/pub%6Cic/socket", "/public%2Fsocket"):
            assert [connect(target, credential) for credential in ("", token, "x")] == [(101, "None")] * 3
        for target in ("/socket", "/public-admin/socket", "//public/socket", "/open/public/socket", "/socket?/public/"):
            assert connect(target, "") == (401, '{"error":"Unauthorized"}')
        assert connect("/public-admin/socket", token) == (101, EMAIL)


@pytest.mark.parametrize("version", ["0.33.0", "0.34.0", "9.0.0"])
def test_a_version_of_starlette_without_route_paths_is_told(
    fake: Fake, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    import starlette._utils

    monkeypatch.delattr(starlette._utils, "get_route_path")
    monkeypatch.setattr(starlette, "__version__", version)
    RequireAuthMiddleware(FastAPI(), **options(fake))
    with pytest.raises(RuntimeError, match=rf"Starlette {version}, .*: install 0\.35 or newer"):
        RequireAuthMiddleware(FastAPI(), exclude=["/public"], **options(fake))
    monkeypatch.setattr(starlette, "__version__", "0.32.0")
    RequireAuthMiddleware(FastAPI(), exclude=["/public"], **options(fake))


class Dispatching(RequireAuthMiddleware):
    """A subclass that applications may have to do more with each request."""

    async def dispatch(self, request: StarletteRequest, call_next: Any) -> Any:
        return await super().dispatch(request, call_next)


class Lower(Request):
    """As an application may have it that wants paths without case."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.path = self.path.lower()


def test_a_request_class_that_changes_the_path(fake: Fake, configured: None) -> None:
    """Flask has chosen the view by then."""
    app = Flask(__name__)
    app.request_class = Lower
    app.before_request(require_auth(exclude=["/public", "/Upper"], **options(fake)))
    for path in ("/public", "/Public", "/Upper"):
        app.add_url_rule(path, path, lambda: "reached")
    assert [wsgi_response(app, path, {}).status for path in ("/public", "/Public", "/Upper")] == [200, 401, 401]


class Between:
    """A middleware whose attribute of that name has nothing to do with paths of requests."""

    root_path = "/var/www"

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, *arguments: Any) -> None:
        await self.app(*arguments)


PLACES: dict[str, tuple[Any, Callable[[Any], Any]]] = {
    "around": (RequireAuthMiddleware, lambda app: app),
    "around, with a dispatch of its own": (Dispatching, lambda app: app),
    "around another": (RequireAuthMiddleware, GZipMiddleware),
    "around others": (RequireAuthMiddleware, lambda app: Between(CORSMiddleware(app))),
}


@pytest.mark.parametrize("root_path", ["/public", ""])
@pytest.mark.parametrize("place", [*PLACES, "within"])
def test_an_application_with_a_root_path_of_its_own(fake: Fake, configured: None, place: str, root_path: str) -> None:
    """FastAPI replaces the server's by it: before its own middlewares see the request, and after those around it."""
    bare, app = (FastAPI(routes=routes.starlette_routes(routes.ROUTES)) for _ in range(2))
    bare.root_path = app.root_path = root_path
    guarded: Any = app
    if place == "within":
        app.add_middleware(RequireAuthMiddleware, exclude=routes.EXCLUDE, **options(fake))
    else:
        kind, inner = PLACES[place]
        guarded = kind(inner(app), exclude=routes.EXCLUDE, **options(fake))
    targets = [f"{prefix}{target}" for prefix in ("", "/public") for target in routes.TARGETS]
    servers = "" if root_path else "/public"

    def asking(app: Any) -> Ask:
        return lambda target, token="": by_asgi(app, target, token, servers)

    check(asking(bare), asking(guarded), targets, fake.token())


def test_credentials_are_not_looked_at_under_an_excluded_path(fake: Fake, configured: None) -> None:
    for credential in (fake.token(), fake.token(expired=1), "x"):
        assert by_asgi(routes.fastapi_app(options(fake)), "/public", credential)[1:] == ("public", None)
        assert by_wsgi(routes.flask_app(options(fake)), "/public", credential)[1:] == ("public", None)
        with override_settings(ROOT_URLCONF=routes.GUARDED, TESSERAL_EXCLUDE=["/public"]):
            assert by_wsgi(WSGIHandler(), "/public", credential)[1:] == ("public", None)
    assert fake.counts()["connections"] == 0


@pytest.mark.parametrize(
    ("wrong", "kind", "told"),
    [
        ("/public", TypeError, "of the type str, not a list"),
        (b"/public", TypeError, "of the type bytes, not a list"),
        (re.compile("/x"), TypeError, "of the type Pattern, not a list"),
        (None, TypeError, "of the type NoneType, not a list"),
        ([b"/public"], TypeError, "of the type bytes"),
        ([None], TypeError, "of the type NoneType"),
        ([re.compile(b"/public")], TypeError, "regular expression for bytes"),
        ([""], ValueError, "begins with a slash"),
        (["public"], ValueError, "begins with a slash"),
        (["^/public"], ValueError, "begins with a slash"),
        (["https://example.com/public"], ValueError, "begins with a slash"),
        (["/"], ValueError, "every path"),
        (["//"], ValueError, "empty"),
        (["/public//x"], ValueError, "empty"),
        (["/public/../x"], ValueError, "'..'"),
        (["/public/*"], ValueError, "placeholders"),
        (["/users/{id}"], ValueError, "placeholders"),
        (["/users/<int:id>"], ValueError, "placeholders"),
        (["/public?x=1"], ValueError, "the query is not looked at"),
        (["/public%20x"], ValueError, "percent-decoding"),
        (["/public "], ValueError, "white space"),
        (["/public\n"], ValueError, "white space"),
        (["/health", "public"], ValueError, "'public'"),
    ],
)
def test_what_can_never_be_meant_is_told(fake: Fake, configured: None, wrong: Any, kind: Any, told: str) -> None:
    with pytest.raises(kind, match=re.escape(told)):
        RequireAuthMiddleware(FastAPI(), exclude=wrong, **options(fake))
    with pytest.raises(kind, match=re.escape(told)):
        require_auth(exclude=wrong, **options(fake))
    with override_settings(TESSERAL_EXCLUDE=wrong), pytest.raises(kind, match=re.escape(told)):
        WSGIHandler()
