"""A drop-in for tesseral_django: a middleware, decorators for views, and functions for the sender of a request."""

from .._auth import Auth
from ..errors import NotAnAccessTokenError
from .context import access_token_claims, authenticator, credentials, credentials_type, has_permission, organization_id
from .middleware import AuthMiddleware, get_auth_or_none, require, require_auth

__all__ = [
    "Auth",
    "AuthMiddleware",
    "NotAnAccessTokenError",
    "access_token_claims",
    "authenticator",
    "credentials",
    "credentials_type",
    "get_auth_or_none",
    "has_permission",
    "organization_id",
    "require",
    "require_auth",
]
