"""A drop-in for tesseral_django: a middleware, a decorator for views, and who sent a request."""

from ..errors import NotAnAccessTokenError
from .context import access_token_claims, credentials, credentials_type, has_permission, organization_id
from .middleware import AuthMiddleware, require, require_auth

__all__ = [
    "AuthMiddleware",
    "NotAnAccessTokenError",
    "access_token_claims",
    "credentials",
    "credentials_type",
    "has_permission",
    "organization_id",
    "require",
    "require_auth",
]
