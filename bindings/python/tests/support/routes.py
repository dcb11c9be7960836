"""The same routes as applications of each framework, with authentication and without.

Each view tells its own name and who sent the request. Names with "public" belong to excluded paths.
"""

from __future__ import annotations

import json
import re
from typing import Any, Callable, Optional, Union

from django.http import HttpRequest, HttpResponse
from django.urls import path, re_path
from fastapi import FastAPI, Request, WebSocket
from flask import Blueprint, Flask
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route, WebSocketRoute
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from tesseral_verify import django as for_django
from tesseral_verify import fastapi as for_fastapi
from tesseral_verify import flask as for_flask

EXCLUDE: list[Union[str, re.Pattern[str]]] = [
    "/public",
    "/health/",
    "/\u00f6ffentlich",
    "/shop/open",
    re.compile(r"/reports/[^/]+/summary"),
]

# {rest} stands for any rest of a path.
ROUTES = {
    "root": "/",
    "public": "/public",
    "public-x": "/public/x",
    "public-deep": "/public/deep/{rest}",
    "public-health": "/health/",
    "public-umlaut": "/\u00f6ffentlich",
    "public-summary": "/reports/{name}/summary",
    "health": "/health",
    "public-case": "/public/Case",
    "capital": "/Public",
    "sibling": "/public-admin",
    "longer": "/publicity/x",
    "semicolon": "/public;x",
    "blank": "/public ",
    "decomposed": "/o\u0308ffentlich",
    "admin": "/admin",
    "admin-rest": "/admin/{rest}",
    "reports": "/reports/{rest}",
    "dots": "/./public",
    "open": "/open",
}


def is_public(name: str) -> bool:
    return name.startswith("public")


def _converted(template: str, name: str, rest: str) -> str:
    return template.replace("{name}", name).replace("{rest}", rest)


# Starlette and FastAPI


def starlette_routes(names: dict[str, str]) -> list[Route]:
    def route(name: str, template: str) -> Route:
        async def view(request: Request) -> Any:
            return JSONResponse([name, _of_scope(request)])

        return Route(_converted(template, "{name}", "{rest:path}"), view)

    return [route(name, template) for name, template in names.items()]


def _of_scope(connection: Any) -> Optional[str]:
    try:
        return for_fastapi.get_auth(connection).access_token_claims().user.email
    except RuntimeError:
        return None


def fastapi_app(options: Optional[dict[str, Any]]) -> FastAPI:
    """With sub-applications that have authentication of their own, under an excluded path and under none."""

    def guarded(app: FastAPI, exclude: Any) -> FastAPI:
        if options is not None:
            app.add_middleware(for_fastapi.RequireAuthMiddleware, exclude=exclude, **options)
        return app

    async def socket(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.close(1000, str(_of_scope(websocket)))

    sub = {"sub-root": "/", "public-sub": "/open", "public-sub-x": "/open/x", "sub-closed": "/closed"}
    inner = FastAPI(routes=starlette_routes(sub))
    routes: list[Any] = starlette_routes({**ROUTES, "double": "//public"})
    routes += [WebSocketRoute(f"{place}/socket", socket) for place in ("/public", "", "/public-admin")]
    routes += [Mount("/public/app", guarded(inner, ["/open"]))]
    main = guarded(FastAPI(routes=routes), EXCLUDE)
    # The mount is named like a path that its application excludes.
    mounted = guarded(FastAPI(routes=starlette_routes(sub)), ["/open"])
    return FastAPI(routes=[Mount("/open", mounted), Mount("/", main)])


# Flask


def flask_app(options: Optional[dict[str, Any]]) -> Any:
    """The application twice: as it is, and under a SCRIPT_NAME that is the name of an excluded path."""
    app, shop = Flask(__name__), Blueprint("shop", __name__, url_prefix="/shop")

    def view(name: str) -> Callable[..., str]:
        def answer(**_: str) -> str:
            try:
                return json.dumps([name, for_flask.access_token_claims().user.email])
            except RuntimeError:
                return json.dumps([name, None])

        return answer

    for name, template in ROUTES.items():
        app.add_url_rule(_converted(template, "<name>", "<path:rest>"), name, view(name))
    shop.add_url_rule("/open", "public-open", view("public-open"))
    shop.add_url_rule("/open/<int:number>/", "public-number", view("public-number"), strict_slashes=False)
    shop.add_url_rule("/opener", "opener", view("opener"))
    app.register_blueprint(shop)
    if options is not None:
        app.before_request(for_flask.require_auth(exclude=EXCLUDE, **options))
    return DispatcherMiddleware(app, {"/public/mounted": app})


# Django


def django_urls(guard: bool) -> tuple[Any, ...]:
    def view(name: str) -> Any:
        def answer(request: HttpRequest, **_: str) -> HttpResponse:
            try:
                return HttpResponse(json.dumps([name, for_django.access_token_claims(request).user.email]))
            except RuntimeError:
                return HttpResponse(json.dumps([name, None]))

        return for_django.require_auth(answer) if guard and not is_public(name) else answer

    routes = [
        path(_converted(template, "<str:name>", "<path:rest>")[1:], view(name)) for name, template in ROUTES.items()
    ]
    routes += [re_path(r"^shop/open$", view("public-open")), path("shop/opener", view("opener"))]
    return (*routes, path("/public", view("double")))


def without_authentication(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """A middleware of Django that makes the views without authentication answer."""

    def middleware(request: HttpRequest) -> HttpResponse:
        request.urlconf = BARE
        return get_response(request)

    return middleware


BARE, GUARDED = django_urls(False), django_urls(True)

TARGETS = [
    "/",
    "/?next=/public",
    "/public",
    "/public?",
    "/public?x=/../admin",
    "/public/",
    "/public/x",
    "/public/x/",
    "/public/Case",
    "/public/case",
    "/public/deep/a/b",
    "/public/none",
    "/public//x",
    "/public//",
    "//public",
    "//public/x",
    "///public",
    "//public-admin",
    "/public-admin",
    "/public-admin/",
    "/publicity/x",
    "/publicity",
    "/Public",
    "/PUBLIC",
    "/pub%6Cic",
    "/%70ublic/x",
    "/public%2Fx",
    "/public%2fdeep%2fa",
    "/public%252Fx",
    "/public%2Dadmin",
    "/public%20",
    "/public%00",
    "/public/..%0A",
    "/public%09/x",
    "/public%3Fx",
    "/public%23x",
    "/public;x",
    "/public/;x",
    "/public;/x",
    "/public%3Bx",
    "/public%5Cadmin",
    "/public/..",
    "/public/../admin",
    "/public/deep/../../admin",
    "/public/..%2Fadmin",
    "/public/%2e%2e/admin",
    "/public%2f..%2fadmin",
    "/public/.;/admin",
    "/./public",
    "/public/.",
    "/public/./x",
    "/public/deep/..%5Cadmin",
    "/public/deep%5C..%5C..%5Cadmin",
    "/admin",
    "/admin/",
    "/admin/public",
    "/admin/../public",
    "/admin/..%2fpublic",
    "/admin/%2e%2e/public/x",
    "//admin",
    "/admin//x",
    "/admin%2Fpublic",
    "/admin?/public",
    "/health",
    "/health/",
    "/health//",
    "/health/x",
    "/healthy/",
    "/reports/a/summary",
    "/reports/a/summary/",
    "/reports/a%2Fb/summary",
    "/reports/a/b/summary",
    "/reports//summary",
    "/reports/a/detail",
    "/reports/%0A/summary",
    "/%C3%B6ffentlich",
    "/%C3%B6ffentlich/",
    "/o%CC%88ffentlich",
    "/%C3%96ffentlich",
    "/%F6ffentlich",
    "/public/%F6",
    "/public/deep/%FF%FE",
    "/shop/open",
    "/shop/open/1",
    "/shop/open/1/",
    "/shop//open",
    "/shop/opener",
    "/open",
    "/open/",
    "/open/open",
    "/open/open/x",
    "/open/closed",
    "/open//closed",
    "/open/public",
    "/public/app",
    "/public/app/",
    "/public/app/open",
    "/public/app/closed",
    "/public/app/public",
    "/public/mounted",
    "/public/mounted/",
    "/public/mounted/public",
    "/public/mounted/admin",
    "/public/mounted//admin",
    "/public/mounted%2Fadmin",
    "/public/mounted-admin",
]
