"""The claims as pydantic models, with the members, names and order of ``tesseral.types``.

They hold what the token held, unknown members too. tesseral-sdk need not be installed. Where it is, each model is a subclass
of that package's model, and equal to one with the same members.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Union

from pydantic import BaseModel, ConfigDict, model_validator

from . import _native

if TYPE_CHECKING:
    from tesseral.types import AccessTokenClaims as _Claims
    from tesseral.types import AccessTokenImpersonator as _Impersonator
    from tesseral.types import AccessTokenOrganization as _Organization
    from tesseral.types import AccessTokenSession as _Session
    from tesseral.types import AccessTokenUser as _User
else:
    try:
        from tesseral.types import AccessTokenClaims as _Claims
        from tesseral.types import AccessTokenImpersonator as _Impersonator
        from tesseral.types import AccessTokenOrganization as _Organization
        from tesseral.types import AccessTokenSession as _Session
        from tesseral.types import AccessTokenUser as _User
    except ImportError:

        class _Claims(BaseModel):
            model_config = ConfigDict(extra="allow", frozen=True, protected_namespaces=())

        _Impersonator = _Organization = _Session = _User = _Claims

__all__ = [
    "AccessTokenClaims",
    "AccessTokenImpersonator",
    "AccessTokenOrganization",
    "AccessTokenSession",
    "AccessTokenUser",
]


class _Members:
    """What the models have in common, with either base class."""

    if TYPE_CHECKING:

        def model_dump(self, **kwargs: Any) -> Dict[str, Any]: ...
        def model_dump_json(self, **kwargs: Any) -> str: ...

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, BaseModel) or not (isinstance(self, type(other)) or isinstance(other, type(self))):
            return NotImplemented
        equal: bool = _content(self) == _content(other)
        return equal

    def __hash__(self) -> int:
        return super().__hash__()

    def dict(self, **kwargs: Any) -> Dict[str, Any]:
        """The members that are set, in the issuer's spelling (``displayName``)."""
        return _issuer_names(self._set_members(**kwargs))

    def json(self, **kwargs: Any) -> str:
        """The members that are set, as JSON, in Python's spelling (``display_name``)."""
        return self.model_dump_json(**{"by_alias": True, "exclude_unset": True, **kwargs})

    def _set_members(self, **kwargs: Any) -> Dict[str, Any]:
        members = self.model_dump(**{**kwargs, "by_alias": True, "exclude_unset": False, "exclude_none": True})
        # Members that are null in the token come last, as with tesseral-sdk.
        _add_missing(
            members, self.model_dump(**{**kwargs, "by_alias": True, "exclude_unset": True, "exclude_none": False})
        )
        return members


class AccessTokenSession(_Members, _Session):
    """Information in an Access Token about the current Session."""

    id: str

    @model_validator(mode="before")
    @classmethod
    def _of_another(cls, members: Any) -> Any:
        return _of_model(members)


class AccessTokenUser(_Members, _User):
    """Information in an Access Token about the logged-in User."""

    id: str
    email: str
    display_name: Optional[str] = None
    profile_picture_url: Optional[str] = None

    @model_validator(mode="before")
    @classmethod
    def _of_issuer(cls, members: Any) -> Any:
        return _either_spelling(members)


class AccessTokenOrganization(_Members, _Organization):
    """Information in an Access Token about the Organization the User is logged into."""

    id: str
    display_name: str = ""
    """The issuer omits an empty one."""

    @model_validator(mode="before")
    @classmethod
    def _of_issuer(cls, members: Any) -> Any:
        renamed = _either_spelling(members)
        if isinstance(renamed, dict) and renamed.get("display_name", "") is None:
            del renamed["display_name"]
        return renamed


class AccessTokenImpersonator(_Members, _Impersonator):
    """Information in an Access Token about who is impersonating the User."""

    email: str

    @model_validator(mode="before")
    @classmethod
    def _of_another(cls, members: Any) -> Any:
        return _of_model(members)


class AccessTokenClaims(_Members, _Claims):
    """The claims encoded in an Access Token."""

    iss: str
    sub: str
    if TYPE_CHECKING:
        aud: str
    else:
        # Tesseral issues a string. A list that contains the issuer is accepted, too (RFC 7519 section 4.1.3).
        aud: Union[str, List[str]]
    exp: float
    nbf: float
    iat: float
    actions: Optional[List[str]] = None
    organization: AccessTokenOrganization
    user: AccessTokenUser
    session: AccessTokenSession
    impersonator: Optional[AccessTokenImpersonator] = None

    @model_validator(mode="before")
    @classmethod
    def _of_another(cls, members: Any) -> Any:
        return _of_model(members)


def from_verified(claims: _native.AccessTokenClaims) -> AccessTokenClaims:
    """The models of claims that the library has verified."""
    try:
        members = json.loads(claims.payload)
    except ValueError:
        # An unknown member is a number with more digits than Python converts to an int.
        members = json.loads(claims.payload, parse_int=float)
    for name in ("organization", "user"):
        members[name] = _python_names(members[name])
    return AccessTokenClaims.model_validate(members)


_PYTHON_NAMES = {"displayName": "display_name", "profilePictureUrl": "profile_picture_url"}
_ISSUER_NAMES = {python: issuer for issuer, python in _PYTHON_NAMES.items()}


def _python_names(members: Dict[str, Any]) -> Dict[str, Any]:
    # The issuer never uses Python's spelling, and the verifier has not checked a member with such a name.
    return {_PYTHON_NAMES.get(name, name): value for name, value in members.items() if name not in _ISSUER_NAMES}


def _issuer_names(members: Dict[str, Any]) -> Dict[str, Any]:
    renamed = {_ISSUER_NAMES.get(name, name): value for name, value in members.items()}
    for name in ("organization", "user"):
        if isinstance(renamed.get(name), dict):
            renamed[name] = {_ISSUER_NAMES.get(member, member): value for member, value in renamed[name].items()}
    return renamed


def _either_spelling(members: Any) -> Any:
    """Members under Python's names, of a model or of a mapping in either spelling."""
    members = _of_model(members)
    if not isinstance(members, Mapping):
        return members
    renamed = {}
    for name, value in members.items():
        python = _PYTHON_NAMES.get(name, name)
        renamed[name if python in members else python] = value
    return renamed


def _of_model(members: Any) -> Any:
    """The members of a model that are set; anything else as it is."""
    if not isinstance(members, BaseModel):
        return members
    held = {**vars(members), **(members.__pydantic_extra__ or {})}
    return {name: value for name, value in held.items() if name in members.model_fields_set}


def _content(model: Any) -> Any:
    return vars(model), model.__pydantic_extra__ or {}


def _add_missing(members: Dict[str, Any], more: Dict[str, Any]) -> None:
    for name, value in more.items():
        if isinstance(value, dict) and isinstance(members.get(name), dict):
            _add_missing(members[name], value)
        else:
            members.setdefault(name, value)
