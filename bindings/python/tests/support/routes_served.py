"""For real servers: the Host field says whether the application with authentication answers or the one without."""

from __future__ import annotations

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

bare_django = get_wsgi_application()
settings.MIDDLEWARE = ["tesseral_verify.django.middleware.AuthMiddleware"]
settings.TESSERAL_EXCLUDE = routes.EXCLUDE
guarded_django = get_wsgi_application()
urlpatterns = list(routes.GUARDED)

WSGI = {
    "bare.flask": routes.flask_app(None),
    "guarded.flask": routes.flask_app(OPTIONS),
    "bare.django": bare_django,
    "guarded.django": guarded_django,
}
ASGI = {"bare.fastapi": routes.fastapi_app(None), "guarded.fastapi": routes.fastapi_app(OPTIONS)}


def wsgi(environ: dict[str, Any], start_response: Any) -> Any:
    return WSGI[environ["HTTP_HOST"]](environ, start_response)


async def asgi(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        return
    await ASGI[dict(scope["headers"])[b"host"].decode()](scope, receive, send)
