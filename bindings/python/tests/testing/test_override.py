"""``override_auth`` and ``use_project`` in applications of each framework, without network."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable, Optional

import django
import httpx
import pytest
from django.conf import settings as django_settings

if not django_settings.configured:
    django_settings.configure(ALLOWED_HOSTS=["*"], SECRET_KEY="of the tests", LOGGING_CONFIG=None)
    django.setup()

import flask
from django.http import HttpRequest, JsonResponse
from django.test import AsyncClient, AsyncRequestFactory, Client, RequestFactory, override_settings
from django.urls import path
from fastapi import Depends, FastAPI, Request, WebSocket
from fastapi.testclient import TestClient
from rest_framework.test import APIClient
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp

from tesseral_verify import fastapi as for_fastapi
from tesseral_verify import flask as for_flask
from tesseral_verify.django import (
    access_token_claims,
    authenticator,
    credentials_type,
    get_auth_or_none,
    has_permission,
    organization_id,
    require_auth,
)
from tesseral_verify.django.middleware import AuthMiddleware
from tesseral_verify_testing import REFUSALS, Project, override_auth, use_project

Get = Callable[..., Any]

PRODUCTION = Project()
"""What the applications are configured for."""

KEY = PRODUCTION.publishable_key


@pytest.fixture(autouse=True)
def network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """The hosts that were asked over the network, where the project of production answers."""
    asked: list[str] = []
    service = PRODUCTION._transport()

    def answer(_: object, request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        return service.handle_request(request)

    async def answer_async(_: object, request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        return await service.handle_async_request(request)

    # To read the system's certificates takes longer than all the rest.
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.setenv("TESSERAL_BACKEND_API_KEY", PRODUCTION.backend_api_key)
    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", answer)
    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", answer_async)
    return asked


def told(auth: Any, authorization: Any) -> dict[str, Any]:
    assert authorization == f"Bearer {auth.credentials()}", "what the application reads itself says the same"
    kind = auth.credentials_type()
    email = auth.access_token_claims().user.email if kind == "access_token" else None
    return {"kind": kind, "organization": auth.organization_id(), "email": email, "may": auth.has_permission("a.b.c")}


def fastapi_app(**options: Any) -> FastAPI:
    app = FastAPI()
    app.add_middleware(for_fastapi.RequireAuthMiddleware, publishable_key=KEY, api_keys_enabled=True, **options)

    @app.get("/me")
    async def me(request: Request, auth: for_fastapi.Auth = Depends(for_fastapi.get_auth)) -> dict[str, Any]:
        return told(auth, request.headers.get("authorization"))

    @app.websocket("/socket")
    async def socket(websocket: WebSocket, auth: for_fastapi.Auth = Depends(for_fastapi.get_auth)) -> None:
        await websocket.accept()
        await websocket.send_text(auth.organization_id())
        await websocket.close()

    return app


def flask_app(**options: Any) -> flask.Flask:
    app = flask.Flask(__name__)
    app.before_request(for_flask.require_auth(publishable_key=KEY, api_keys_enabled=True, **options))

    @app.get("/me")
    def me() -> dict[str, Any]:
        return told(for_flask.context._auth("me"), flask.request.headers.get("Authorization"))

    return app


@require_auth
def django_me(request: HttpRequest) -> JsonResponse:
    return JsonResponse(told(request.tesseral_auth, request.META["HTTP_AUTHORIZATION"]))


@require_auth
async def django_me_async(request: HttpRequest) -> JsonResponse:
    return JsonResponse(told(request.tesseral_auth, request.META["HTTP_AUTHORIZATION"]))


DJANGO = {
    "MIDDLEWARE": ["tesseral_verify.django.middleware.AuthMiddleware"],
    "ROOT_URLCONF": (path("me", django_me), path("async", django_me_async)),
    "TESSERAL_PUBLISHABLE_KEY": KEY,
    "TESSERAL_API_KEYS_ENABLED": True,
}


def asgi_get(app: Any) -> Get:
    """Through httpx.ASGITransport, as applications with asynchronous tests do it."""

    def get(headers: dict[str, str]) -> tuple[int, Any]:
        async def send() -> httpx.Response:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://app") as client:
                return await client.get("/me", headers=headers)

        answer = asyncio.run(send())
        return answer.status_code, answer.json()

    return get


def fastapi_get(app: Any) -> Get:
    def get(headers: dict[str, str]) -> tuple[int, Any]:
        answer = TestClient(app).get("/me", headers=headers)
        return answer.status_code, answer.json()

    return get


def flask_get(app: Any) -> Get:
    def get(headers: dict[str, str]) -> tuple[int, Any]:
        answer = app.test_client().get("/me", headers=headers)
        return answer.status_code, answer.get_json(silent=True)

    return get


def django_get(client: Any) -> Get:
    def get(headers: dict[str, str]) -> tuple[int, Any]:
        meta = {f"HTTP_{name.upper()}": value for name, value in headers.items()}
        answer = client.get("/me", **meta)
        return answer.status_code, answer.json()

    return get


def factory_get(headers: dict[str, str]) -> tuple[int, Any]:
    meta = {f"HTTP_{name.upper()}": value for name, value in headers.items()}
    answer = django_me(RequestFactory().get("/me", **meta))
    return answer.status_code, json.loads(answer.content)


def async_django_get(client: Any) -> Get:
    def get(headers: dict[str, str]) -> tuple[int, Any]:
        async def send() -> Any:
            return await client.get("/async", **{name.upper(): value for name, value in headers.items()})

        answer = asyncio.run(send())
        return answer.status_code, answer.json()

    return get


@pytest.fixture(params=["fastapi", "asgi", "flask", "django", "django async", "django factory", "drf"])
def application(request: pytest.FixtureRequest) -> Iterator[tuple[Any, Get]]:
    """An application, and how its tests send a request."""
    ways: dict[str, Callable[[], tuple[Any, Callable[[Any], Get]]]] = {
        "fastapi": lambda: (fastapi_app(), fastapi_get),
        "asgi": lambda: (fastapi_app(), asgi_get),
        "flask": lambda: (flask_app(), flask_get),
    }
    if request.param in ways:
        app, sender = ways[request.param]()
        yield app, sender(app)
        return
    with override_settings(**DJANGO):
        getters: dict[str, Callable[[], Get]] = {
            "django": lambda: django_get(Client()),
            "django async": lambda: async_django_get(AsyncClient()),
            "django factory": lambda: factory_get,
            "drf": lambda: django_get(APIClient()),
        }
        yield django_settings, getters[request.param]()


def bearer(credential: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {credential}"}


def test_one_line_says_who_sends_requests(
    application: tuple[Any, Get], network: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    app, get = application
    assert get({})[0] == 401
    asked = len(network)
    with override_auth(app, organization_id="org_1", user_email="ada@example.com", permissions=["a.b.c"]):
        expected = {"kind": "access_token", "organization": "org_1", "email": "ada@example.com", "may": True}
        assert get({}) == (200, expected)
        assert get(bearer("of a fixture that was there before")) == (200, expected)
    assert len(network) == asked
    assert get({})[0] == 401
    [record] = [record for record in caplog.records if record.name == "tesseral_verify.testing"]
    assert record.levelno == logging.WARNING and "overridden" in record.message


def test_nested_and_after_exceptions(application: tuple[Any, Get]) -> None:
    app, get = application

    def organization() -> Any:
        return get({})[1]["organization"]

    with pytest.raises(ZeroDivisionError), override_auth(app, organization_id="org_1"):
        with pytest.raises(ZeroDivisionError), override_auth(app, organization_id="org_2"):
            assert organization() == "org_2"
            raise ZeroDivisionError
        assert organization() == "org_1"
        raise ZeroDivisionError
    assert get({})[0] == 401
    # They may end in any order. The newest that has not ended counts.
    first, second = override_auth(app, organization_id="org_1"), override_auth(app, organization_id="org_2")
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert organization() == "org_2"
    second.__exit__(None, None, None)
    assert get({})[0] == 401


def test_an_api_key(application: tuple[Any, Get]) -> None:
    app, get = application
    with override_auth(app, credentials_type="api_key", organization_id="org_1", permissions=["a.b.c"]):
        assert get({}) == (200, {"kind": "api_key", "organization": "org_1", "email": None, "may": True})
    with pytest.raises(TypeError, match="user_email"), override_auth(app, credentials_type="api_key", user_email="a"):
        pass


def test_no_check_is_left_out(application: tuple[Any, Get], network: list[str]) -> None:
    """The middleware verifies what a request carries, and refuses as in production."""
    app, get = application
    project = Project()
    with use_project(app, project) as used:
        assert used is project
        assert get({})[0] == 401
        assert get(bearer(project.mint_access_token(organization_id="org_1")))[1]["organization"] == "org_1"
        for reason in REFUSALS:
            assert get(bearer(project.mint_refused_token(reason)))[0] == 401, reason
        assert get(bearer(PRODUCTION.mint_access_token()))[0] == 401, "another project's"
        secret = project.issue_api_key()
        assert get(bearer(secret))[1]["kind"] == "api_key"
        project.revoke_api_key(secret)
        assert get(bearer(secret))[0] == 401
        assert get(bearer(project.issue_api_key(permitted=False)))[0] == 403
    assert network == []
    # Nor a credential of override_auth.
    for refused in ({"expires_at": 1}, {"kid": "another"}, {"issuer": "https://example.com"}, {"session_id": ""}):
        with override_auth(app, **refused):  # type: ignore[arg-type]
            assert get({})[0] == 401, refused


def test_arguments_are_checked_before_a_request(application: tuple[Any, Get]) -> None:
    app, get = application
    with pytest.raises(TypeError, match="no claim is named organisation_id"):
        with override_auth(app, organisation_id="org_1"):  # type: ignore[call-arg]
            pass
    with pytest.raises(ValueError, match="credentials_type"), override_auth(app, credentials_type="cookie"):  # type: ignore[arg-type]
        pass
    assert get({})[0] == 401


def test_it_refuses_an_application_without_anything_of_ours() -> None:
    bare: list[tuple[object, str]] = [
        (FastAPI(), "no RequireAuthMiddleware"),
        (flask.Flask("bare"), "require_auth is in the Flask application"),
        (object(), "is none of these"),
    ]
    for app, text in bare:
        for enter in (override_auth, use_project):
            with pytest.raises(ValueError, match=text), enter(app):
                pass
    with override_settings(MIDDLEWARE=["django.middleware.common.CommonMiddleware"]):
        with pytest.raises(ValueError, match="MIDDLEWARE"), override_auth(django_settings):
            pass


def test_nothing_of_it_stays(application: tuple[Any, Get]) -> None:
    app, get = application
    assert get({})[0] == 401
    classes = (AuthMiddleware, for_fastapi.RequireAuthMiddleware, RequestFactory, AsyncRequestFactory)
    state = [dict(vars(one)) for one in classes]
    assert "access_token_authenticator" not in state[0]
    stack, hooks = getattr(app, "middleware_stack", None), repr(getattr(app, "before_request_funcs", None))
    threads = set(threading.enumerate())
    with override_auth(app):
        assert get({})[0] == 200
    assert state == [dict(vars(one)) for one in classes]
    assert getattr(app, "middleware_stack", None) is stack
    assert repr(getattr(app, "before_request_funcs", None)) == hooks
    deadline = time.monotonic() + 10
    while {thread for thread in threading.enumerate() if "tesseral" in thread.name} - threads:
        assert time.monotonic() < deadline
        # A request, which may be part of a cycle, may hold what has judged it.
        gc.collect()
        time.sleep(0.01)


def test_an_application_that_has_not_started_may_still_be_changed() -> None:
    app = fastapi_app()
    with override_auth(app):
        pass
    app.add_middleware(for_fastapi.RequireAuthMiddleware, publishable_key=KEY)


def test_websockets() -> None:
    app = fastapi_app()
    with override_auth(app, organization_id="org_1"), TestClient(app).websocket_connect("/socket") as socket:
        assert socket.receive_text() == "org_1"


def test_middlewares_anywhere_in_an_asgi_application() -> None:
    class Outer:
        def __init__(self, app: ASGIApp) -> None:
            self.app = app

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            await self.app(scope, receive, send)

    inner = fastapi_app()
    mounted = Starlette(routes=[Mount("/inner", app=inner)])
    with override_auth(Outer(mounted), organization_id="org_1"):
        assert TestClient(mounted).get("/inner/me").json()["organization"] == "org_1"
    wrapped = for_fastapi.RequireAuthMiddleware(FastAPI(), publishable_key=KEY)
    with override_auth(wrapped):
        assert TestClient(wrapped).get("/").status_code == 404


def test_other_applications_are_not_overridden() -> None:
    one, other = fastapi_app(), fastapi_app()
    with override_auth(one):
        assert TestClient(one).get("/me").status_code == 200
        assert TestClient(other).get("/me").status_code == 401


def test_a_hook_that_another_function_calls() -> None:
    require = for_flask.require_auth(publishable_key=KEY)
    app = flask.Flask("wrapped")

    @app.before_request
    def all_but_health() -> Any:
        return None if flask.request.path == "/health" else require()

    @app.get("/me")
    def me() -> str:
        return for_flask.organization_id()

    @app.get("/health")
    def health() -> str:
        return "fine"

    with override_auth(app, organization_id="org_1"):
        assert app.test_client().get("/me").text == "org_1"
        assert app.test_client().get("/health").text == "fine"


def test_settings_of_the_application_count() -> None:
    """An application without API keys refuses them, also those that override_auth puts in; its leeway is its own."""
    app = FastAPI()
    app.add_middleware(for_fastapi.RequireAuthMiddleware, publishable_key=KEY, leeway_seconds=300)
    with override_auth(app, credentials_type="api_key"):
        assert TestClient(app).get("/").status_code == 401
    with use_project(app) as project:
        late = project.mint_access_token(issued_at=int(time.time()) - 400)
        assert TestClient(app).get("/", headers=bearer(late)).status_code == 404


def test_clients_that_are_given() -> None:
    """An application whose tests make it needs neither of the two."""
    project = Project()
    for credential in (project.mint_access_token(), project.issue_api_key()):
        app = FastAPI()
        app.add_middleware(
            for_fastapi.RequireAuthMiddleware,
            publishable_key=project.publishable_key,
            http_client=project.async_http_client(),
            api_keys_enabled=True,
            tesseral_client=project.async_tesseral_client(),
        )
        client = TestClient(app)
        assert [client.get("/", headers=headers).status_code for headers in (bearer(credential), {})] == [404, 401]
        hook = for_flask.require_auth(
            publishable_key=project.publishable_key,
            http_client=project.http_client(),
            api_keys_enabled=True,
            tesseral_client=project.tesseral_client(),
        )
        wsgi = flask.Flask("given")
        wsgi.before_request(hook)
        answers = [wsgi.test_client().get("/", headers=headers) for headers in (bearer(credential), {})]
        assert [answer.status_code for answer in answers] == [404, 401]


def test_who_is_there_where_nobody_has_to_be() -> None:
    """Under an excluded path, ``get_auth_or_none`` judges what the request carries; overridden, it carries something."""
    app = FastAPI()
    app.add_middleware(for_fastapi.RequireAuthMiddleware, publishable_key=KEY, exclude=["/public"])

    @app.get("/public")
    async def public(auth: Optional[for_fastapi.Auth] = Depends(for_fastapi.get_auth_or_none)) -> str:
        return "nobody" if auth is None else auth.organization_id()

    wsgi = flask.Flask("public")
    wsgi.before_request(for_flask.require_auth(publishable_key=KEY, exclude=["/public"]))

    @wsgi.get("/public")
    def wsgi_public() -> str:
        auth = for_flask.get_auth_or_none()
        return "nobody" if auth is None else auth.organization_id()

    def django_public() -> str:
        auth = get_auth_or_none(RequestFactory().get("/public"))
        return "nobody" if auth is None else auth.organization_id()

    with override_settings(**DJANGO, TESSERAL_EXCLUDE=["/public"]):
        ways: list[tuple[Any, Callable[[], str]]] = [
            (app, lambda: TestClient(app).get("/public").json()),
            (wsgi, lambda: wsgi.test_client().get("/public").text),
            (django_settings, django_public),
        ]
        for application, who in ways:
            with override_auth(application, organization_id="org_1"):
                assert who() == "org_1"
            with use_project(application):
                assert who() == "nobody"


def test_probes_and_metrics_are_those_of_the_stand_in(network: list[str]) -> None:
    app = FastAPI()
    middleware = for_fastapi.RequireAuthMiddleware(app, publishable_key=KEY)
    before = middleware.access_token_authenticator.not_ready_reason()
    with override_auth(middleware):
        TestClient(middleware).get("/")
        assert middleware.access_token_authenticator.not_ready_reason() is None
    assert middleware.access_token_authenticator.not_ready_reason() == before is not None
    with override_settings(**DJANGO), override_auth(django_settings):
        assert authenticator(RequestFactory().get("/")).not_ready_reason() is None
    assert network == []


def test_functions_of_each_framework() -> None:
    with override_settings(**DJANGO), override_auth(django_settings, organization_id="org_1", permissions=["a.b.c"]):
        request = RequestFactory().get("/")
        assert (organization_id(request), credentials_type(request)) == ("org_1", "access_token")
        assert has_permission(request, "a.b.c") and access_token_claims(request).actions == ["a.b.c"]
