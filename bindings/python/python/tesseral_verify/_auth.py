"""Who sent a request, with the names and types of Tesseral's own packages."""

from __future__ import annotations

from typing import Optional

from . import _native
from .models import AccessTokenClaims, from_verified


class Auth:
    """Represents authentication information for a request. It prints neither credential nor claims."""

    __slots__ = ("_auth", "_claims")

    def __init__(self, auth: _native.Auth) -> None:
        self._auth = auth
        self._claims: Optional[AccessTokenClaims] = None

    def credentials_type(self) -> str:
        """The type of authentication used in the request: "access_token" or "api_key"."""
        return self._auth.credentials_type()

    def organization_id(self) -> str:
        """The ID of the organization the requester belongs to."""
        return self._auth.organization_id()

    def access_token_claims(self) -> AccessTokenClaims:
        """The claims inside the request's access token; raises NotAnAccessTokenError for an API key."""
        if self._claims is None:
            self._claims = from_verified(self._auth.access_token_claims())
        return self._claims

    def credentials(self) -> str:
        """The request's original credentials: a secret."""
        return self._auth.credentials()

    def has_permission(self, action: str) -> bool:
        """Whether the requester has permission to carry out the action, such as "acme.widgets.edit"."""
        return self._auth.has_permission(action)
