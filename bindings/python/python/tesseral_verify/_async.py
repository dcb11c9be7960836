"""Authentication on an event loop: the verifier kept fresh, API keys looked up."""

from __future__ import annotations

import asyncio
import contextvars
import time
from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass
from typing import Any, Optional
from weakref import WeakKeyDictionary

from . import _answers, _http
from ._log import log, reason
from ._native import ApiKey, Auth, Verifier
from ._refresh import Refresh
from ._settings import Settings
from .errors import TesseralError


class AsyncAuthenticator:
    """Authenticates requests.

    Making one starts nothing: no thread, no connection, nothing of an event loop. What is bound to a loop is made by
    its first request, so that a server may fork after it has loaded the application.
    """

    def __init__(self, settings: Settings, http_client: Optional[_http.AsyncClient], tesseral_client: Any) -> None:
        self._settings = settings
        self._http_client = http_client
        self._tesseral_client = tesseral_client
        self._refresh = Refresh(settings.jwks_refresh_interval_seconds)
        self._verifier: Optional[Verifier] = None
        self._document = b""
        self._flights: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Task[None]] = WeakKeyDictionary()
        self._clients: WeakKeyDictionary[asyncio.AbstractEventLoop, _LoopClient] = WeakKeyDictionary()

    async def authenticate(self, headers: Iterable[tuple[bytes, bytes]]) -> Auth:
        """Says who sent a request with these headers; raises TesseralError."""
        verifier = self._current() or await self._first()
        try:
            found = verifier.authenticate(headers)
        except TesseralError as error:
            if error.slug == "key_unknown" and self._refresh.unknown_kid(time.monotonic()):
                self._flight()
            raise
        return await self._look_up(found) if isinstance(found, ApiKey) else found

    def _current(self) -> Optional[Verifier]:
        """The verifier, unless there is none or it is too old; a newer one is fetched meanwhile when it is time."""
        now = time.monotonic()
        if not self._refresh.usable(now):
            return None
        if self._refresh.due(now):
            self._flight()
        return self._verifier

    async def _first(self) -> Verifier:
        """Waits for the one flight, or fails at once when the last one has just failed."""
        loop = asyncio.get_running_loop()
        flight = self._flights.get(loop)
        if flight is None and self._refresh.due(time.monotonic()):
            flight = self._flight()
        if flight is not None:
            # A request that goes away leaves the flight to the others.
            await asyncio.shield(flight)
        if self._verifier is None or not self._refresh.usable(time.monotonic()):
            raise TesseralError("keys_unavailable")
        return self._verifier

    def _flight(self) -> asyncio.Task[None]:
        """The fetch that is under way on this loop, or a new one."""
        loop = asyncio.get_running_loop()
        flight = self._flights.get(loop)
        if flight is None:
            # In a context of its own: it is nobody's request.
            flight = contextvars.Context().run(loop.create_task, self._fetch(loop))
            self._flights[loop] = flight
        return flight

    async def _fetch(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            document = await _http.fetch_document_async(self._http_client, self._settings)
            if document == self._document:
                self._refresh.succeeded(time.monotonic(), changed=False)
                return
            verifier = self._settings.load(document)
            changed = self._verifier is None or self._verifier.inspect().keys != verifier.inspect().keys
            self._verifier, self._document = verifier, document
            self._refresh.succeeded(time.monotonic(), changed=changed)
        except Exception as error:
            self._refresh.failed(time.monotonic())
            log.warning("the configuration document could not be fetched: %s", reason(error))
        finally:
            self._flights.pop(loop, None)

    async def _look_up(self, key: ApiKey) -> Auth:
        try:
            if self._tesseral_client is not None:
                status, body = await self._ask_client(key)
            else:
                status, body = await _http.ask_async(await self._client(), self._settings, key)
        except Exception as error:
            log.warning("an API key could not be looked up: %s", reason(error))
            raise TesseralError("api_key_lookup_failed") from None
        return key.response(status, body)

    async def _ask_client(self, key: ApiKey) -> tuple[int, bytes]:
        try:
            answer = await self._tesseral_client.api_keys.authenticate_api_key(secret_token=key.credentials())
        except Exception as error:
            return _answers.of_failure(error)
        return _answers.of_success(answer)

    async def _client(self) -> _http.AsyncClient:
        loop = asyncio.get_running_loop()
        known = self._clients.get(loop)
        if known is None or known.client.is_closed:
            lifetime = _http.clients_of_loop()
            known = self._clients[loop] = _LoopClient(await lifetime.__anext__(), lifetime)
        return known.client


@dataclass(frozen=True)
class _LoopClient:
    client: _http.AsyncClient
    lifetime: AsyncGenerator[_http.AsyncClient, None]
    """Kept, so that the client stays open."""
