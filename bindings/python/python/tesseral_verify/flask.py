"""A drop-in for tesseral_flask: a hook that lets authenticated requests through, and who sent them."""

from __future__ import annotations

from typing import Any, Callable, Optional

from flask import has_request_context, request

from ._auth import Auth
from ._http import Client
from ._log import log
from ._settings import Settings, backend_api_key
from ._sync import Authenticator
from .errors import NotAnAccessTokenError, TesseralError
from .models import AccessTokenClaims

__all__ = [
    "NotAnAccessTokenError",
    "access_token_claims",
    "credentials",
    "credentials_type",
    "has_permission",
    "organization_id",
    "require_auth",
]


def require_auth(
    *,
    publishable_key: str,
    config_api_hostname: str = "config.tesseral.com",
    jwks_refresh_interval_seconds: int = 3600,
    http_client: Optional[Client] = None,
    api_keys_enabled: bool = False,
    tesseral_client: Optional[Any] = None,
    backend_api_hostname: str = "api.tesseral.com",
) -> Callable[[], Optional[tuple[str, int]]]:
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
    )
    authenticator = Authenticator(settings, http_client, tesseral_client or None)

    def before_request_require_auth() -> Optional[tuple[str, int]]:
        if request.method == "OPTIONS":
            return None
        headers = [(name, request.environ[key]) for name, key in _VARIABLES if key in request.environ]
        try:
            setattr(request, _ATTRIBUTE, Auth(authenticator.authenticate(headers)))
        except TesseralError as error:
            if error.http_status not in _BODIES:
                raise
            log.info("request refused: %s", error.slug)
            return _BODIES[error.http_status], error.http_status
        return None

    return before_request_require_auth


def credentials_type() -> str:
    """The type of authentication used in the request: "access_token" or "api_key"."""
    return _auth("credentials_type").credentials_type()


def organization_id() -> str:
    """The ID of the organization the requester belongs to."""
    return _auth("organization_id").organization_id()


def access_token_claims() -> AccessTokenClaims:
    """The claims inside the request's access token; raises NotAnAccessTokenError for an API key."""
    auth = _auth("access_token_claims")
    if auth.credentials_type() != "access_token":
        raise NotAnAccessTokenError("access_token_claims() called with API key credentials.")
    return auth.access_token_claims()


def credentials() -> str:
    """The request's original credentials: a secret."""
    return _auth("credentials").credentials()


def has_permission(action: str) -> bool:
    """Whether the requester has permission to carry out the action."""
    return _auth("has_permission").has_permission(action)


def _auth(name: str) -> Auth:
    auth = getattr(request, _ATTRIBUTE, None) if has_request_context() else None
    if not isinstance(auth, Auth):
        raise RuntimeError(
            f"Called {name}() outside of an authenticated request. Did you forget to use require_auth?"
        )
    return auth


# Of the request object: several requests may share an application context, and with it ``g``.
_ATTRIBUTE = "_tesseral_auth"

_VARIABLES = (("authorization", "HTTP_AUTHORIZATION"), ("cookie", "HTTP_COOKIE"))

_BODIES = {401: "Unauthorized", 403: "Forbidden", 503: "Service Unavailable"}
