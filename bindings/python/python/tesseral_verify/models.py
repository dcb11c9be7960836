"""The claims as pydantic models: those of the package tesseral-sdk, which need not be installed.

They hold what the token held, unknown members too, under the names and in the order of ``tesseral.types``.
"""

from __future__ import annotations

import json
from typing import Any, Dict, List, Optional, Union

from pydantic import BaseModel, ConfigDict

from . import _native

__all__ = [
    "AccessTokenClaims",
    "AccessTokenImpersonator",
    "AccessTokenOrganization",
    "AccessTokenSession",
    "AccessTokenUser",
]


class _Model(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True, protected_namespaces=())

    def dict(self, **kwargs: Any) -> Dict[str, Any]:
        """The members that are set, in the issuer's spelling (``displayName``)."""
        return _issuer_names(self._set_members(**kwargs))

    def json(self, **kwargs: Any) -> str:
        """The members that are set, as JSON, in Python's spelling (``display_name``)."""
        return self.model_dump_json(**{"by_alias": True, "exclude_unset": True, **kwargs})

    def _set_members(self, **kwargs: Any) -> Dict[str, Any]:
        members = self.model_dump(**{**kwargs, "by_alias": True, "exclude_unset": False, "exclude_none": True})
        # Those that the token has as null come last, as there.
        _add_missing(
            members, self.model_dump(**{**kwargs, "by_alias": True, "exclude_unset": True, "exclude_none": False})
        )
        return members


class AccessTokenSession(_Model):
    """Information in an Access Token about the current Session."""

    id: str


class AccessTokenUser(_Model):
    """Information in an Access Token about the logged-in User."""

    id: str
    email: str
    display_name: Optional[str] = None
    profile_picture_url: Optional[str] = None


class AccessTokenOrganization(_Model):
    """Information in an Access Token about the Organization the User is logged into."""

    id: str
    display_name: Optional[str] = None


class AccessTokenImpersonator(_Model):
    """Information in an Access Token about who is impersonating the User."""

    email: str


class AccessTokenClaims(_Model):
    """The claims encoded in an Access Token."""

    iss: str
    sub: str
    aud: Union[str, List[str]]
    exp: float
    nbf: float
    iat: float
    actions: Optional[List[str]] = None
    organization: AccessTokenOrganization
    user: AccessTokenUser
    session: AccessTokenSession
    impersonator: Optional[AccessTokenImpersonator] = None


def from_verified(claims: _native.AccessTokenClaims) -> AccessTokenClaims:
    """The models of claims that the library has verified."""
    try:
        members = json.loads(claims.payload)
    except ValueError:
        # An unknown member with more digits than Python turns into an int.
        members = json.loads(claims.payload, parse_int=float)
    for name in ("organization", "user"):
        members[name] = _python_names(members[name])
    return AccessTokenClaims.model_validate(members)


_PYTHON_NAMES = {"displayName": "display_name", "profilePictureUrl": "profile_picture_url"}
_ISSUER_NAMES = {python: issuer for issuer, python in _PYTHON_NAMES.items()}


def _python_names(members: Dict[str, Any]) -> Dict[str, Any]:
    # A member that is spelt like Python's is not the issuer's, and nobody has looked at it.
    return {_PYTHON_NAMES.get(name, name): value for name, value in members.items() if name not in _ISSUER_NAMES}


def _issuer_names(members: Dict[str, Any]) -> Dict[str, Any]:
    renamed = {_ISSUER_NAMES.get(name, name): value for name, value in members.items()}
    for name in ("organization", "user"):
        if isinstance(renamed.get(name), dict):
            renamed[name] = {_ISSUER_NAMES.get(member, member): value for member, value in renamed[name].items()}
    return renamed


def _add_missing(members: Dict[str, Any], more: Dict[str, Any]) -> None:
    for name, value in more.items():
        if isinstance(value, dict) and isinstance(members.get(name), dict):
            _add_missing(members[name], value)
        else:
            members.setdefault(name, value)
