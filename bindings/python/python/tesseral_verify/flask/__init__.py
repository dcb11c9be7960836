"""A drop-in for tesseral_flask: a hook that lets authenticated requests through, and functions for their sender."""

from .._auth import Auth
from ..errors import NotAnAccessTokenError
from .context import access_token_claims, credentials, credentials_type, has_permission, organization_id
from .middleware import get_auth_or_none, require, require_auth

__all__ = [
    "Auth",
    "NotAnAccessTokenError",
    "access_token_claims",
    "credentials",
    "credentials_type",
    "get_auth_or_none",
    "has_permission",
    "organization_id",
    "require",
    "require_auth",
]
