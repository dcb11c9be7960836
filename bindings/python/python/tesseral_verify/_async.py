"""Authentication on event loops: exchanges in tasks of their own, and timers that keep the document fresh."""

from __future__ import annotations

import os
import weakref
from collections.abc import AsyncGenerator, Iterable
from typing import Any, Callable, Optional, TypeVar

from . import _auth, _client_answers, _clock, _event_loops, _http, _steps
from ._native import ApiKey, Auth
from ._process_lock import ProcessLock
from ._rulebook import Flight
from ._settings import Settings
from ._stats import Observable
from ._store import Store
from .models import AccessTokenClaims

_Result = TypeVar("_Result")


class AsyncAuthenticator(Observable):
    """Authenticates requests, on any number of event loops, which may come and go.

    The constructor starts nothing: no thread, no connection, no task. The first request on an event loop makes what is
    bound to that loop, so that a server may fork after it has loaded the application.
    """

    def __init__(self, settings: Settings, http_client: Optional[_http.AsyncClient], tesseral_client: Any) -> None:
        _http.check(settings, http_client is not None, tesseral_client is not None)
        self._settings = settings
        self._http_client = http_client
        self._tesseral_client = tesseral_client
        self._store = Store(settings, tesseral_client is not None)
        self._beginning = ProcessLock()
        self._pid: Optional[int] = None
        self._loops: dict[Any, _OnLoop] = {}

    async def authenticate(self, headers: Iterable[Any]) -> Auth:
        """Says who sent a request with these headers; raises TesseralError."""
        here = self._here()
        found = _steps.sender(self._store, headers)
        return found if isinstance(found, Auth) else await self._result(found, here)

    async def authenticate_access_token(
        self, *, access_token: str, now_unix_seconds: Optional[float] = None
    ) -> AccessTokenClaims:
        """The claims of an access token; raises TesseralError."""
        auth = await self._result(_steps.of_token(self._store, access_token, now_unix_seconds), self._here())
        return _auth.Auth(auth).access_token_claims()

    async def project_id(self) -> str:
        """The project's ID. Raises TesseralError when there is no document, and none can be fetched."""
        return await self._result(_steps.project_id(self._store), self._here())

    async def wait_until_ready(self, seconds: float) -> bool:
        """Whether requests can be accepted. Waits about so long for a first document; fetches it if no request has done so."""
        return await self._result(_steps.readiness(self._store, seconds), self._here())

    async def _result(self, steps: _steps.Steps[_Result], here: _OnLoop) -> _Result:
        try:
            while True:
                await self._take(next(steps), here)
        except StopIteration as ended:
            result: _Result = ended.value
            return result
        finally:
            # One that was interrupted gives its place back now, and not when somebody forgets the exception.
            steps.close()

    async def _take(self, step: _steps.Step, here: _OnLoop) -> None:
        waiters = self._store.waiters
        seen = waiters.ended
        # Each exchange has a task of its own: when this request is cancelled, others still wait for it.
        if isinstance(step, _steps.Fly):
            self._start_flight(here, step.flight)
            await _event_loops.wait(here.loop, waiters, self._store.DOCUMENT, seen, _seconds_until(step.until))
        elif isinstance(step, _steps.Wait):
            await _event_loops.wait(here.loop, waiters, step.topic, step.seen, _seconds_until(step.until))
        elif isinstance(step, _steps.Wake):
            self._turn(here)
        else:
            fingerprint = step.key.fingerprint()
            here.loop.start(lambda: self._send(step, here), lambda: self._unsent(step))
            while step.said is None:
                await _event_loops.wait(here.loop, waiters, fingerprint, seen, _http.TOTAL_SECONDS)
                seen = waiters.ended

    def _start_flight(self, here: _OnLoop, flight: Flight) -> None:
        here.loop.start(lambda: self._fly(here, flight), lambda: self._store.abandoned(flight))

    async def _fly(self, here: _OnLoop, flight: Flight) -> None:
        try:
            document = await _http.fetch_document_async(self._http_client, self._settings)
        except Exception as error:
            self._store.failed(flight, error)
        else:
            self._store.landed(flight, document)
        self._turn(here)

    async def _send(self, step: _steps.Send, here: _OnLoop) -> None:
        try:
            if self._tesseral_client is not None:
                status, body = await self._ask_client(step.key)
            else:
                client = await here.client(self._settings.backend_api_hostname)
                status, body = await _http.ask_async(client, self._settings, step.key)
            step.said = self._store.answered(step.key, step.question, status, body)
        except Exception as error:
            step.said = self._store.unanswered(step.key, step.question, error)

    def _unsent(self, step: _steps.Send) -> None:
        step.said = self._store.unanswered(step.key, step.question, None)

    async def _ask_client(self, key: ApiKey) -> tuple[int, bytes]:
        try:
            answer = await self._tesseral_client.api_keys.authenticate_api_key(secret_token=key.credentials())
        except Exception as error:
            return _client_answers.of_failure(error)
        return _client_answers.of_success(answer)

    def _here(self) -> _OnLoop:
        """What belongs to this process and this loop."""
        if self._pid != os.getpid():
            # One of the first threads of a forked child forgets what the parent had.
            with self._beginning:
                if self._pid != os.getpid():
                    if self._pid is not None:
                        self._store.renew()
                        self._loops.clear()
                    self._pid = os.getpid()
        key = _event_loops.key()
        here = self._loops.get(key)
        if here is None:
            # A copy, since other threads add and remove loops.
            for other, on_loop in list(self._loops.items()):
                if on_loop.loop.is_over():
                    self._loops.pop(other, None)
            here = self._loops[key] = _OnLoop(_event_loops.of(key))
            # Not at once: a loop that ends with its request would cancel the fetch each time.
            self._turn_later(here, _FIRST_TURN_SECONDS)
        return here

    def _turn(self, here: _OnLoop) -> None:
        """Does what the background has to do now, and sets a timer for what comes next."""
        polled = self._store.poll(_clock.now())
        if polled.flight is not None:
            self._start_flight(here, polled.flight)
            self._turn_later(here, _http.TOTAL_SECONDS)
        else:
            self._turn_later(here, _seconds_until(polled.until or 0))

    def _turn_later(self, here: _OnLoop, seconds: float) -> None:
        reference, on_loop = weakref.ref(self), weakref.ref(here)

        def turn() -> None:
            authenticator, here = reference(), on_loop()
            if authenticator is not None and here is not None:
                authenticator._turn(here)

        here.forget_turn()
        # Never far ahead: the clock of a loop stands still while the machine is suspended.
        here.forget_turn = here.loop.call_later(min(max(seconds, _LEAST_SECONDS), _http.MAX_SLEEP_SECONDS), turn)


class _OnLoop:
    def __init__(self, loop: _event_loops.Loop) -> None:
        self.loop = loop
        self.forget_turn: Callable[[], None] = lambda: None
        self._client: Optional[_http.AsyncClient] = None
        self._lifetime: Optional[AsyncGenerator[_http.AsyncClient, None]] = None
        """Kept alive, since the client is closed with it."""

    async def client(self, host: str) -> _http.AsyncClient:
        """The client for lookups, made when the first is due."""
        if self._client is None or self._client.is_closed:
            self._lifetime = _http.clients_of_loop(host)
            self._client = await self._lifetime.__anext__()
        return self._client


_FIRST_TURN_SECONDS = 1.0
"""Longer than most requests on an event loop that ends with its request."""

_LEAST_SECONDS = 0.01
"""Bounds how often a timer fires."""


def _seconds_until(steady: int) -> float:
    return max(0, steady - _clock.now().steady) / 1000
