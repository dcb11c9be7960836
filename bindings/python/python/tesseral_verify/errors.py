"""The exceptions. Each reason has one slug, the same in every language of the library."""

from __future__ import annotations

from typing import Optional

from ._native import ERRORS

__all__ = ["ConfigError", "ListError", "NotAnAccessTokenError", "TesseralError"]


class TesseralError(Exception):
    """Why a credential, a configuration document or a call was refused.

    ``str()`` gives a fixed phrase; no octet of a credential is ever in it.
    """

    slug: str
    """The stable name, for logs and metrics: ``token_expired``."""

    def __init__(self, slug: str) -> None:
        super().__init__(slug)
        self.slug = slug

    @property
    def code(self) -> int:
        """The stable number."""
        return ERRORS[self.slug][0]

    @property
    def http_status(self) -> int:
        """The HTTP status with which a server answers the request."""
        return ERRORS[self.slug][1]

    def __str__(self) -> str:
        return ERRORS[self.slug][2]


class ConfigError(TesseralError):
    """Why a configuration document was refused."""

    offset: Optional[int]
    """For ``config_malformed``: octets of the document before the fault."""

    def __init__(self, slug: str, offset: Optional[int] = None) -> None:
        super().__init__(slug)
        self.args = (slug, offset)
        self.offset = offset

    def __str__(self) -> str:
        text = super().__str__()
        return text if self.offset is None else f"{text} at octet {self.offset}"


class ListError(TesseralError):
    """Why a list of revoked sessions and users was refused."""

    line: Optional[int]
    """For ``revocations_malformed``: the line at fault, from 1 on."""

    def __init__(self, slug: str, line: Optional[int] = None) -> None:
        super().__init__(slug)
        self.args = (slug, line)
        self.line = line

    def __str__(self) -> str:
        text = super().__str__()
        return text if self.line is None else f"{text} at line {self.line}"


class NotAnAccessTokenError(TesseralError):
    """The application asked a sender with an API key for the claims of an access token."""

    def __init__(self, *args: object) -> None:
        super().__init__("not_an_access_token")
        self.args = args

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else super().__str__()
