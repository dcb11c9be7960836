"""Requests under excluded paths, which the middleware has not authenticated, and ``get_auth_or_none`` for them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Optional

from ._auth import Auth
from ._log import log
from .errors import TesseralError

if TYPE_CHECKING:
    from ._async import AsyncAuthenticator
    from ._sync import SyncAuthenticator


class Unjudged:
    """Stands where a request's sender would be. It authenticates the request when a route asks, once.

    A refused credential counts as none. Raises TesseralError when the credential cannot be judged now: an unknown sender
    is not the same as no sender.
    """

    __slots__ = ("_authenticator", "_found")

    def __init__(self, authenticator: SyncAuthenticator) -> None:
        self._authenticator = authenticator
        self._found: Optional[tuple[Optional[Auth]]] = None

    def sender(self, headers: list[tuple[str, str]]) -> Optional[Auth]:
        """The sender of the request, which has these headers, or None."""
        if self._found is None:
            self._found = (self._judge(headers),)
        return self._found[0]

    def _judge(self, headers: list[tuple[str, str]]) -> Optional[Auth]:
        try:
            return Auth(self._authenticator.authenticate(headers)) if may_carry(headers) else None
        except TesseralError as error:
            take_for_nobody(error)
            return None


class AsyncUnjudged:
    """The same for event loops."""

    __slots__ = ("_authenticator", "_found")

    def __init__(self, authenticator: AsyncAuthenticator) -> None:
        self._authenticator = authenticator
        self._found: Optional[tuple[Optional[Auth]]] = None

    async def sender(self, headers: list[tuple[bytes, bytes]]) -> Optional[Auth]:
        """The sender of the request, which has these headers, or None."""
        if self._found is None:
            self._found = (await self._judge(headers),)
        return self._found[0]

    async def _judge(self, headers: list[tuple[bytes, bytes]]) -> Optional[Auth]:
        try:
            return Auth(await self._authenticator.authenticate(headers)) if may_carry(headers) else None
        except TesseralError as error:
            take_for_nobody(error)
            return None


def may_carry(headers: Iterable[tuple[Any, Any]]) -> bool:
    """Whether a request with these headers may carry a credential.

    A visitor without one has no sender to find, and so does not wait for the keys.
    """
    for name, value in headers:
        name, value = _text(name).lower(), _text(value)
        if name == "authorization" and "bearer" in value.lower():
            return True
        if name == "cookie" and "tesseral_" in value:
            return True
    return False


def take_for_nobody(error: TesseralError) -> None:
    """Raises the error again, unless it is about a credential that was refused, or about none."""
    if error.http_status not in (401, 403):
        raise error
    if error.slug != "credentials_missing":
        log.info("request taken as nobody's: %s", error.slug)


def _text(value: Any) -> str:
    return value.decode("latin1") if isinstance(value, bytes) else str(value)
