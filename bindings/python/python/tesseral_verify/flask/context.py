"""Who sent the request that Flask is answering."""

from __future__ import annotations

from flask import has_request_context, request

from .._auth import Auth
from ..errors import NotAnAccessTokenError
from ..models import AccessTokenClaims

ATTRIBUTE = "_tesseral_auth"
"""An attribute of the request object, and not of ``g``: several requests may share an application context."""


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


def found() -> object:
    """What the hook has left with the request: its sender, or what authenticates it for ``get_auth_or_none``."""
    return getattr(request, ATTRIBUTE, None) if has_request_context() else None


def _auth(name: str) -> Auth:
    auth = found()
    if not isinstance(auth, Auth):
        raise RuntimeError(
            f"Called {name}() outside of an authenticated request. "
            "Did you forget to use require_auth, or is the path excluded?"
        )
    return auth
