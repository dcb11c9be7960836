"""Authentication in threads: exchanges that block, and a thread that keeps the document fresh."""

from __future__ import annotations

import contextvars
import os
import threading
import weakref
from collections.abc import Iterable
from typing import Any, Optional, TypeVar

from . import _auth, _client_answers, _clock, _http, _steps
from ._native import ApiKey, Auth
from ._process_lock import ProcessLock
from ._rulebook import Flight
from ._settings import Settings
from ._stats import Observable
from ._store import Store
from .models import AccessTokenClaims

_Result = TypeVar("_Result")


class SyncAuthenticator(Observable):
    """Authenticates requests, in any number of threads.

    The constructor starts nothing. The first request fetches the configuration document itself, and starts the thread that
    fetches newer ones. Threads, connections and exchanges belong to one process: a forked child has its own.
    """

    def __init__(self, settings: Settings, http_client: Optional[_http.Client], tesseral_client: Any) -> None:
        _http.check(settings, http_client is not None, tesseral_client is not None)
        self._settings = settings
        self._http_client = http_client
        self._tesseral_client = tesseral_client
        self._store = Store(settings, tesseral_client is not None)
        self._beginning = ProcessLock()
        self._process: Optional[_Process] = None

    def authenticate(self, headers: Iterable[Any]) -> Auth:
        """Says who sent a request with these headers; raises TesseralError."""
        process = self._here()
        found = _steps.sender(self._store, headers)
        return found if isinstance(found, Auth) else self._result(found, process)

    def authenticate_access_token(
        self, *, access_token: str, now_unix_seconds: Optional[float] = None
    ) -> AccessTokenClaims:
        """The claims of an access token; raises TesseralError."""
        auth = self._result(_steps.of_token(self._store, access_token, now_unix_seconds), self._here())
        return _auth.Auth(auth).access_token_claims()

    def project_id(self) -> str:
        """The project's ID. Raises TesseralError when there is no document, and none can be fetched."""
        return self._result(_steps.project_id(self._store), self._here())

    def wait_until_ready(self, seconds: float) -> bool:
        """Whether requests can be accepted. Waits about so long for a first document; fetches it if no request has done so."""
        return self._result(_steps.readiness(self._store, seconds), self._here())

    def _result(self, steps: _steps.Steps[_Result], process: _Process) -> _Result:
        try:
            while True:
                self._take(next(steps), process)
        except StopIteration as ended:
            result: _Result = ended.value
            return result
        finally:
            # One that was interrupted gives its place back now, and not when somebody forgets the exception.
            steps.close()

    def _take(self, step: _steps.Step, process: _Process) -> None:
        if isinstance(step, _steps.Fly):
            self._fly(step.flight)
            # The fetch may have changed what the background has to do next.
            process.bell.set()
        elif isinstance(step, _steps.Wait):
            self._wait(step)
        elif isinstance(step, _steps.Wake):
            process.bell.set()
        else:
            self._send(step, process)

    def _fly(self, flight: Flight) -> None:
        try:
            document = _http.fetch_document(self._http_client, self._settings)
        except Exception as error:
            self._store.failed(flight, error)
        except BaseException:
            self._store.abandoned(flight)
            raise
        else:
            self._store.landed(flight, document)

    def _wait(self, step: _steps.Wait) -> None:
        ended, waiters = threading.Event(), self._store.waiters
        if waiters.add(step.topic, ended.set, step.seen):
            ended.wait(_seconds_until(step.until))
            waiters.discard(step.topic, ended.set)

    def _send(self, step: _steps.Send, process: _Process) -> None:
        try:
            if self._tesseral_client is not None:
                status, body = self._ask_client(step.key)
            else:
                client = process.client(self._settings.backend_api_hostname)
                status, body = _http.ask(client, self._settings, step.key)
            step.said = self._store.answered(step.key, step.question, status, body)
        except Exception as error:
            step.said = self._store.unanswered(step.key, step.question, error)
        except BaseException:
            self._store.unanswered(step.key, step.question, None)
            raise

    def _ask_client(self, key: ApiKey) -> tuple[int, bytes]:
        try:
            answer = self._tesseral_client.api_keys.authenticate_api_key(secret_token=key.credentials())
        except Exception as error:
            return _client_answers.of_failure(error)
        return _client_answers.of_success(answer)

    def _here(self) -> _Process:
        """What belongs to this process."""
        process = self._process
        if process is None or process.pid != os.getpid():
            # One of the first threads makes it.
            with self._beginning:
                process = self._process
                if process is None or process.pid != os.getpid():
                    if process is not None:
                        self._store.renew()
                    process = _Process()
                    process.start(self)
                    self._process = process
        return process

    def turn(self) -> float:
        """Does what the background has to do now; returns the seconds until it has more to do."""
        polled = self._store.poll(_clock.now())
        if polled.flight is not None:
            self._fly(polled.flight)
            return 0
        return _seconds_until(polled.until or 0)


class _Process:
    def __init__(self) -> None:
        self.pid = os.getpid()
        self.bell = threading.Event()
        self._lock = threading.Lock()
        self._client: Optional[_http.Client] = None

    def start(self, authenticator: SyncAuthenticator) -> None:
        """Starts the thread, which ends with the authenticator."""
        reference = weakref.ref(authenticator, lambda _, bell=self.bell: bell.set())  # type: ignore[misc]
        # In a context of its own, since the thread belongs to no request. From Python 3.14 on, threads can inherit one.
        arguments = _background, reference, self.bell
        run = contextvars.Context().run
        try:
            threading.Thread(target=run, args=arguments, name="tesseral-verify-refresh", daemon=True).start()
        except RuntimeError:
            # The system gives no thread. Requests find that the background makes no progress, and fetch themselves.
            pass

    def client(self, host: str) -> _http.Client:
        """The client for lookups, made when the first is due."""
        with self._lock:
            if self._client is None:
                self._client = _http.new_client(host)
                weakref.finalize(self, _close, self._client, self.pid)
            return self._client


def _background(reference: weakref.ref[SyncAuthenticator], bell: threading.Event) -> None:
    # The request that started this thread is about to fetch the document itself.
    bell.wait(_FIRST_LOOK_SECONDS)
    while True:
        bell.clear()
        authenticator = reference()
        if authenticator is None:
            return
        seconds = authenticator.turn()
        del authenticator
        # Never long: the clock of a wait stands still while the machine is suspended.
        bell.wait(min(seconds, _http.MAX_SLEEP_SECONDS))


_FIRST_LOOK_SECONDS = 0.05
"""Time for the first request to tell the rulebook that it fetches."""


def _seconds_until(steady: int) -> float:
    return max(0, steady - _clock.now().steady) / 1000


def _close(client: _http.Client, pid: int) -> None:
    # A forked child inherits connections, and perhaps locked locks, that belong to its parent.
    if pid == os.getpid():
        client.close()
