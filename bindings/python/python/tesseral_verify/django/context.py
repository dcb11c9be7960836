"""Who sent a request."""

from __future__ import annotations

from django.http import HttpRequest  # type: ignore[import-untyped]

from .._auth import Auth
from .._sync import SyncAuthenticator
from ..errors import NotAnAccessTokenError
from ..models import AccessTokenClaims

ATTRIBUTE = "tesseral_auth"
"""The attribute of the request in which the middleware leaves its sender."""

AUTHENTICATOR = "_tesseral_authenticator"
"""The attribute of each request in which the middleware leaves its authenticator."""


def authenticator(request: HttpRequest) -> SyncAuthenticator:
    """The middleware's authenticator, for probes and metrics."""
    found = getattr(request, AUTHENTICATOR, None)
    if not isinstance(found, SyncAuthenticator):
        raise RuntimeError("Called authenticator() with a request that AuthMiddleware has not seen.")
    return found


def credentials_type(request: HttpRequest) -> str:
    """The type of authentication used in the request: "access_token" or "api_key"."""
    return _auth(request, "credentials_type").credentials_type()


def organization_id(request: HttpRequest) -> str:
    """The ID of the organization the requester belongs to."""
    return _auth(request, "organization_id").organization_id()


def access_token_claims(request: HttpRequest) -> AccessTokenClaims:
    """The claims inside the request's access token; raises NotAnAccessTokenError for an API key."""
    auth = _auth(request, "access_token_claims")
    if auth.credentials_type() != "access_token":
        raise NotAnAccessTokenError("access_token_claims() called with API key credentials.")
    return auth.access_token_claims()


def credentials(request: HttpRequest) -> str:
    """The request's original credentials: a secret."""
    return _auth(request, "credentials").credentials()


def has_permission(request: HttpRequest, action: str) -> bool:
    """Whether the requester has permission to carry out the action."""
    return _auth(request, "has_permission").has_permission(action)


def _auth(request: HttpRequest, name: str) -> Auth:
    auth = getattr(request, ATTRIBUTE, None)
    if not isinstance(auth, Auth):
        raise RuntimeError(
            f"Called {name}() outside of an authenticated request. "
            "Did you forget to use AuthMiddleware or @require_auth, or is the path excluded?"
        )
    return auth
