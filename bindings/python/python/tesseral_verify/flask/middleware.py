"""The hook, which finds out who sent a request and refuses those that nobody known has sent."""

from __future__ import annotations

from functools import wraps
from typing import Any, Callable, Optional, TypeVar

from flask import current_app, request

from .._auth import Auth
from .._challenge import challenge
from .._http import Client
from .._log import log
from .._settings import Settings, backend_api_key
from .._sync import SyncAuthenticator
from ..errors import TesseralError
from .context import ATTRIBUTE, has_permission


_Refusal = tuple[str, int, dict[str, str]]
_View = TypeVar("_View", bound=Callable[..., Any])


def require(action: str) -> Callable[[_View], _View]:
    """A decorator for views: answers 403 unless the requester has permission to carry out the action."""

    def decorate(view: _View) -> _View:
        @wraps(view)
        def permitted(*args: Any, **kwargs: Any) -> Any:
            if not has_permission(action):
                return _BODIES[403], 403
            return current_app.ensure_sync(view)(*args, **kwargs)

        return permitted  # type: ignore[return-value]

    return decorate


def require_auth(
    *,
    publishable_key: str,
    config_api_hostname: str = "config.tesseral.com",
    jwks_refresh_interval_seconds: int = 3600,
    http_client: Optional[Client] = None,
    api_keys_enabled: bool = False,
    tesseral_client: Optional[Any] = None,
    backend_api_hostname: str = "api.tesseral.com",
    leeway_seconds: int = 0,
    www_authenticate: bool = False,
) -> Callable[[], Optional[_Refusal]]:
    """A function for ``app.before_request``.

    Unauthenticated requests get 401; those that cannot be judged now, 503; API keys where they are switched off, 403.
    OPTIONS requests pass.

    publishable_key: names the project's configuration document.
    config_api_hostname: host, or host:port, of the config API.
    jwks_refresh_interval_seconds: how old the document may get before a new one is fetched, in the background.
    http_client: makes every fetch of the document, when given.
    api_keys_enabled: whether requests may carry an API key.
    tesseral_client: a Tesseral; makes every lookup of an API key, when given. Otherwise the environment variable
        TESSERAL_BACKEND_API_KEY holds the key to ask with.
    backend_api_hostname: host, or host:port, of the API that is asked without a tesseral_client.
    leeway_seconds: how far the clocks of the issuer and of this machine may be apart, 0 to 300.
    www_authenticate: whether a 401 has the header field WWW-Authenticate, which HTTP asks for and Tesseral's package omits.

    Raises RuntimeError when API keys are on and there is neither a client nor a key. Nothing is started before the
    first request.
    """
    settings = Settings(
        publishable_key=publishable_key,
        config_api_hostname=config_api_hostname,
        backend_api_hostname=backend_api_hostname,
        jwks_refresh_interval_seconds=jwks_refresh_interval_seconds,
        api_keys_enabled=api_keys_enabled,
        backend_api_key=backend_api_key(api_keys_enabled, bool(tesseral_client)),
        leeway_seconds=leeway_seconds,
    )
    authenticator = SyncAuthenticator(settings, http_client, tesseral_client or None)

    def before_request_require_auth() -> Optional[_Refusal]:
        # Another hook's verdict, of another project maybe, does not outlive this one's.
        request.__dict__.pop(ATTRIBUTE, None)
        if request.method == "OPTIONS":
            return None
        headers = [(name, request.environ[key]) for name, key in _VARIABLES if key in request.environ]
        try:
            setattr(request, ATTRIBUTE, Auth(authenticator.authenticate(headers)))
        except TesseralError as error:
            if error.http_status not in _BODIES:
                raise
            log.info("request refused: %s", error.slug)
            status = error.http_status
            fields = {"WWW-Authenticate": challenge(error.slug)} if www_authenticate and status == 401 else {}
            return _BODIES[status], status, fields
        return None

    return before_request_require_auth


_VARIABLES = (("authorization", "HTTP_AUTHORIZATION"), ("cookie", "HTTP_COOKIE"))

_BODIES = {401: "Unauthorized", 403: "Forbidden", 503: "Service Unavailable"}
