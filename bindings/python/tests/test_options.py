"""Options that Tesseral's packages lack, with the same names for FastAPI, Flask and Django."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Callable

import pytest

from . import test_django as base  # it makes Django's settings

from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path
from django.views import View
from fastapi import Depends, FastAPI, WebSocket
from flask import Flask
from starlette.testclient import TestClient, WebSocketDenialResponse

from tesseral_verify import django as for_django
from tesseral_verify import fastapi as for_fastapi
from tesseral_verify import flask as for_flask
from tesseral_verify._settings import Settings

from .support.fake import Fake
from .support.tokens import Signer, claims

configured = base.configured

Ask = Callable[[str, str], tuple[int, str, Any]]
"""Path and value of Authorization, or nothing: status, body, value of WWW-Authenticate."""


def headers(authorization: str) -> dict[str, str]:
    return {"Authorization": authorization} if authorization else {}


@contextmanager
def fastapi(fake: Fake, **options: Any) -> Iterator[Ask]:
    app = FastAPI()
    app.add_middleware(
        for_fastapi.RequireAuthMiddleware,
        publishable_key=fake.publishable_key,
        config_api_hostname=fake.host,
        **options,
    )

    @app.get("/")
    def root() -> str:
        return "root"

    @app.get("/edit")
    def edit(auth: for_fastapi.Auth = Depends(for_fastapi.require("acme.widgets.edit"))) -> str:
        return auth.organization_id()

    @app.websocket("/socket")
    async def socket(websocket: WebSocket) -> None:
        raise AssertionError

    client = TestClient(app)

    def ask(path_of_view: str, authorization: str) -> tuple[int, str, Any]:
        answer = client.get(path_of_view, headers=headers(authorization))
        if answer.status_code == 401:
            with pytest.raises(WebSocketDenialResponse) as caught:
                with client.websocket_connect("/socket", headers=headers(authorization)):
                    pass
            assert caught.value.headers.get("www-authenticate") == answer.headers.get("www-authenticate")
        return answer.status_code, answer.text, answer.headers.get("www-authenticate")

    yield ask


@contextmanager
def flask(fake: Fake, **options: Any) -> Iterator[Ask]:
    app = Flask(__name__)
    app.before_request(
        for_flask.require_auth(publishable_key=fake.publishable_key, config_api_hostname=fake.host, **options)
    )
    app.add_url_rule("/", "root", lambda: "root")
    app.add_url_rule("/edit", "edit", for_flask.require("acme.widgets.edit")(for_flask.organization_id))

    def ask(path_of_view: str, authorization: str) -> tuple[int, str, Any]:
        answer = app.test_client().get(path_of_view, headers=headers(authorization))
        return answer.status_code, answer.text, answer.headers.get("WWW-Authenticate")

    yield ask


class Edit(View):
    @for_django.require("acme.widgets.edit")
    async def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse(for_django.organization_id(request))


@contextmanager
def django(fake: Fake, **options: Any) -> Iterator[Ask]:
    routes = (
        path("", for_django.require_auth(lambda request: HttpResponse("root"))),
        path("edit", Edit.as_view()),
    )
    settings = {f"TESSERAL_{name.upper()}": value for name, value in options.items()}

    def ask(path_of_view: str, authorization: str) -> tuple[int, str, Any]:
        given = {"HTTP_AUTHORIZATION": authorization} if authorization else {}
        answer = Client().get(path_of_view, **given)
        return answer.status_code, answer.content.decode(), answer.headers.get("WWW-Authenticate")

    with override_settings(ROOT_URLCONF=routes, TESSERAL_API_KEYS_ENABLED=False, **settings):
        yield ask


@pytest.fixture(params=[fastapi, flask, django])
def framework(request: pytest.FixtureRequest, configured: None) -> Any:
    return request.param


def test_a_permission_is_required(fake: Fake, framework: Any) -> None:
    with framework(fake) as ask:
        editor, reader = (fake.token(action=action) for action in ("acme.widgets.edit", "acme.widgets.editor"))
        status, body, _ = ask("/edit", f"Bearer {editor}")
        assert (status, body.strip('"')[:4]) == (200, "org_")
        for token in (reader, fake.token()):
            status, body, _ = ask("/edit", f"Bearer {token}")
            assert status == 403 and "Forbidden" in body
        assert ask("/edit", "")[0] == 401


@pytest.mark.parametrize("on", [False, True])
def test_www_authenticate(fake: Fake, framework: Any, on: bool) -> None:
    with framework(fake, www_authenticate=on) as ask:
        invalid = 'Bearer error="invalid_token"'
        assert ask("/", f"Bearer {fake.token()}")[::2] == (200, None)
        assert ask("/", "")[::2] == (401, "Bearer" if on else None)
        assert ask("/", f"Bearer {fake.token(expired=1)}")[::2] == (401, invalid if on else None)
        assert ask("/edit", f"Bearer {fake.token()}")[::2] == (403, None)


def test_leeway(fake: Fake, framework: Any) -> None:
    signer = Signer()
    fake.command("document", key=signer.jwk)
    now = int(time.time())
    late = signer.token(claims(fake.issuer, exp=now - 30, nbf=now - 90, iat=now - 90))
    early = signer.token(claims(fake.issuer, exp=now + 90, nbf=now + 30, iat=now + 30))
    for leeway, status in ((0, 401), (60, 200)):
        with framework(fake, leeway_seconds=leeway) as ask:
            assert [ask("/", f"Bearer {token}")[0] for token in (late, early)] == [status] * 2
    for wrong in (-1, 301, 1.5):
        with pytest.raises(ValueError, match="leeway_seconds"):
            with framework(fake, leeway_seconds=wrong) as ask:
                ask("/", "")


def test_settings_print_no_secret() -> None:
    settings = Settings("publishable_key_x", api_keys_enabled=True, backend_api_key="tesseral_secret_key_1")
    assert settings.backend_api_key == "tesseral_secret_key_1"
    assert "publishable_key_x" in repr(settings)
    assert "tesseral_secret_key_1" not in f"{settings!r} {settings}"
