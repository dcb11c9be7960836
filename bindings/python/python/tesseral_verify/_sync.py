"""Authentication in threads: the verifier kept fresh, API keys looked up."""

from __future__ import annotations

import os
import threading
import time
import weakref
from collections.abc import Iterable
from typing import Any, Optional

from . import _answers, _http
from ._log import log, reason
from ._native import ApiKey, Auth, Verifier
from ._refresh import Refresh
from ._settings import Settings
from .errors import TesseralError


class Authenticator:
    """Authenticates requests, in any number of threads.

    Making one starts nothing. The first request fetches the configuration document itself, later fetches have a
    short-lived thread. Locks and connections belong to a process: after a fork, the child has its own.
    """

    def __init__(self, settings: Settings, http_client: Optional[_http.Client], tesseral_client: Any) -> None:
        self._settings = settings
        self._http_client = http_client
        self._tesseral_client = tesseral_client
        self._refresh = Refresh(settings.jwks_refresh_interval_seconds)
        self._verifier: Optional[Verifier] = None
        self._document = b""
        self._process = _Process()

    def authenticate(self, headers: Iterable[tuple[str, str]]) -> Auth:
        """Says who sent a request with these headers; raises TesseralError."""
        verifier = self._current() or self._first()
        try:
            found = verifier.authenticate(headers)
        except TesseralError as error:
            if error.slug == "key_unknown" and self._refresh.unknown_kid(time.monotonic()):
                self._fetch_in_background()
            raise
        return self._look_up(found) if isinstance(found, ApiKey) else found

    def _current(self) -> Optional[Verifier]:
        """The verifier, unless there is none or it is too old; a newer one is fetched meanwhile when it is time."""
        now = time.monotonic()
        if not self._refresh.usable(now):
            return None
        if self._refresh.due(now):
            self._fetch_in_background()
        return self._verifier

    def _first(self) -> Verifier:
        """Fetches, or waits for the request that does; fails at once when the last fetch has just failed."""
        first = self._here().first
        if first.acquire(timeout=_http.TOTAL_SECONDS + 1):
            try:
                now = time.monotonic()
                if not self._refresh.usable(now) and self._refresh.due(now):
                    self._fetch()
            finally:
                first.release()
        if self._verifier is None or not self._refresh.usable(time.monotonic()):
            raise TesseralError("keys_unavailable")
        return self._verifier

    def _fetch_in_background(self) -> None:
        background = self._here().background
        if not background.acquire(blocking=False):
            return

        def fetch() -> None:
            try:
                self._fetch()
            finally:
                background.release()

        try:
            threading.Thread(target=fetch, name="tesseral-verify-refresh", daemon=True).start()
        except RuntimeError:
            # No thread can be had now: the next request tries again.
            background.release()

    def _fetch(self) -> None:
        try:
            document = _http.fetch_document(self._http_client, self._settings)
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

    def _look_up(self, key: ApiKey) -> Auth:
        try:
            if self._tesseral_client is not None:
                status, body = self._ask_client(key)
            else:
                status, body = _http.ask(self._here().client(), self._settings, key)
        except Exception as error:
            log.warning("an API key could not be looked up: %s", reason(error))
            raise TesseralError("api_key_lookup_failed") from None
        return key.response(status, body)

    def _ask_client(self, key: ApiKey) -> tuple[int, bytes]:
        try:
            answer = self._tesseral_client.api_keys.authenticate_api_key(secret_token=key.credentials())
        except Exception as error:
            return _answers.of_failure(error)
        return _answers.of_success(answer)

    def _here(self) -> _Process:
        """What belongs to this process: a lock that was held at a fork stays held in the child for ever."""
        process = self._process
        if process.pid != os.getpid():
            process = self._process = _Process()
        return process


class _Process:
    def __init__(self) -> None:
        self.pid = os.getpid()
        self.first = threading.Lock()
        self.background = threading.Lock()
        self._client: Optional[_http.Client] = None

    def client(self) -> _http.Client:
        """The client for lookups, made when the first is due."""
        with self.first:
            if self._client is None:
                self._client = _http.new_client()
                weakref.finalize(self, _close, self._client, self.pid)
            return self._client


def _close(client: _http.Client, pid: int) -> None:
    # The connections that a child has inherited are its parent's, and so may be the locks.
    if pid == os.getpid():
        client.close()
