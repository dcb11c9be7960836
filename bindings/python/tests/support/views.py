"""One application of each framework: views for signed-in users at /, for editors at /edit, and for everybody at /maybe.

Each gives the application and the function that asks it: path and header fields, to a response.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Callable, Optional

from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse
from django.test import override_settings
from django.urls import path
from fastapi import Depends, FastAPI, WebSocket
from flask import Flask
from starlette.responses import PlainTextResponse

from tesseral_verify import django as for_django
from tesseral_verify import fastapi as for_fastapi
from tesseral_verify import flask as for_flask

from .raw import Response, asgi_response, wsgi_response

Ask = Callable[..., Response]


def names(*senders: Any) -> str:
    """The organization of the senders, who all have to be the same."""
    found = {"nobody" if sender is None else sender.organization_id()[:4] for sender in senders}
    assert len(found) == 1, found
    return found.pop()


@contextmanager
def fastapi(*, guard: bool = True, **options: Any) -> Iterator[Ask]:
    app = FastAPI()
    if guard:
        app.add_middleware(for_fastapi.RequireAuthMiddleware, **options)

    @app.get("/")
    async def root(auth: for_fastapi.Auth = Depends(for_fastapi.get_auth)) -> Any:
        return PlainTextResponse(names(auth))

    @app.get("/edit", dependencies=[Depends(for_fastapi.require("acme.widgets.edit"))])
    async def edit() -> Any:
        return PlainTextResponse("edited")

    @app.get("/maybe")
    async def maybe(
        request: for_fastapi.HTTPConnection,
        auth: Optional[for_fastapi.Auth] = Depends(for_fastapi.get_auth_or_none),
    ) -> Any:
        return PlainTextResponse(names(auth, await for_fastapi.get_auth_or_none(request)))

    @app.websocket("/maybe")
    async def socket(
        websocket: WebSocket, auth: Optional[for_fastapi.Auth] = Depends(for_fastapi.get_auth_or_none)
    ) -> None:
        await websocket.accept()
        await websocket.close(1000, names(auth))

    def ask(target: str, kind: str = "http", **fields: str) -> Response:
        return asgi_response(app, target, fields, kind=kind)

    yield ask


@contextmanager
def flask(*, guard: bool = True, **options: Any) -> Iterator[Ask]:
    app = Flask(__name__)
    app.config["PROPAGATE_EXCEPTIONS"] = True
    if guard:
        app.before_request(for_flask.require_auth(**options))
    app.add_url_rule("/", "root", lambda: for_flask.organization_id()[:4])
    app.add_url_rule("/edit", "edit", for_flask.require("acme.widgets.edit")(lambda: "edited"))
    app.add_url_rule(
        "/maybe", "maybe", lambda: names(for_flask.get_auth_or_none(), for_flask.get_auth_or_none())
    )
    yield lambda target, **fields: wsgi_response(app, target, fields)


@for_django.require_auth
def _root(request: HttpRequest) -> HttpResponse:
    return HttpResponse(for_django.organization_id(request)[:4])


@for_django.require("acme.widgets.edit")
def _edit(request: HttpRequest) -> HttpResponse:
    return HttpResponse("edited")


def _maybe(request: HttpRequest) -> HttpResponse:
    return HttpResponse(names(for_django.get_auth_or_none(request), for_django.get_auth_or_none(request)))


@contextmanager
def _django(handler: Any, ask: Any, guard: bool, options: dict[str, Any]) -> Iterator[Ask]:
    settings = {"API_KEYS_ENABLED": False, **{name.upper(): value for name, value in options.items()}}
    with override_settings(
        ROOT_URLCONF=(path("", _root), path("edit", _edit), path("maybe", _maybe)),
        MIDDLEWARE=["tesseral_verify.django.middleware.AuthMiddleware"] if guard else [],
        DEBUG_PROPAGATE_EXCEPTIONS=True,
        **{f"TESSERAL_{name}": value for name, value in settings.items()},
    ):
        app = handler()
        yield lambda target, **fields: ask(app, target, fields)


def django(*, guard: bool = True, **options: Any) -> Any:
    return _django(WSGIHandler, wsgi_response, guard, options)


def django_asgi(*, guard: bool = True, **options: Any) -> Any:
    return _django(ASGIHandler, asgi_response, guard, options)


FRAMEWORKS = [fastapi, flask, django, django_asgi]
