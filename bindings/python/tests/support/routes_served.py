"""For real servers: each request goes to one framework's application without authentication, and to the one with it.

The Host field names the framework. The answer holds what three requests with this target get: one to the application without
authentication, and two to the other one, without the request's token and with it.
"""

from __future__ import annotations

import json
import os
from typing import Any

from django.conf import settings

OPTIONS: dict[str, Any] = {
    "publishable_key": os.environ["FAKE_PUBLISHABLE_KEY"],
    "config_api_hostname": os.environ["FAKE_HOST"],
}
settings.configure(
    ALLOWED_HOSTS=["*"],
    SECRET_KEY="of the tests",
    LOGGING_CONFIG=None,
    ROOT_URLCONF="tests.support.routes_served",
    MIDDLEWARE=["tests.support.routes.without_authentication"],
    TESSERAL_PUBLISHABLE_KEY=OPTIONS["publishable_key"],
    TESSERAL_CONFIG_API_HOSTNAME=OPTIONS["config_api_hostname"],
)

from django.core.wsgi import get_wsgi_application  # noqa: E402

from . import routes  # noqa: E402
from .raw import asgi_response_to, wsgi_response_to  # noqa: E402

bare_django = get_wsgi_application()
settings.MIDDLEWARE = ["tesseral_verify.django.middleware.AuthMiddleware"]
settings.TESSERAL_EXCLUDE = routes.EXCLUDE
guarded_django = get_wsgi_application()
urlpatterns = list(routes.GUARDED)

WSGI = {
    "flask": (routes.flask_app(None), routes.flask_app(OPTIONS)),
    "django": (bare_django, guarded_django),
}
ASGI = {"fastapi": (routes.fastapi_app(None), routes.fastapi_app(OPTIONS))}


def wsgi(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    bare, guarded = WSGI[environ["HTTP_HOST"]]
    anonymous = {name: value for name, value in environ.items() if name != "HTTP_AUTHORIZATION"}
    asked = ((bare, anonymous), (guarded, anonymous), (guarded, environ))
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps([wsgi_response_to(app, dict(given)).view() for app, given in asked]).encode()]


async def asgi(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        return
    bare, guarded = ASGI[dict(scope["headers"])[b"host"].decode()]
    anonymous = {**scope, "headers": [field for field in scope["headers"] if field[0] != b"authorization"]}
    asked = ((bare, anonymous), (guarded, anonymous), (guarded, scope))
    body = json.dumps([(await asgi_response_to(app, dict(given))).view() for app, given in asked]).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(len(body)).encode())]})
    await send({"type": "http.response.body", "body": body})
