"""The documents and the answers about API keys that are in use. It has no thread, no event loop and no network."""

from __future__ import annotations

import os
from typing import Literal, Optional, Union

from . import _clock, _http, _revoked
from ._log import warn
from ._native import (
    Answers,
    AnswersRules,
    ApiKey,
    Auth,
    Counters,
    Refresh,
    RefreshRules,
    Stats,
    UnknownKids,
    Verifier,
    new_handle,
)
from ._rulebook import Ask, Document, Flight, Moment, Poll, Question, Request, Verdict, Wait
from ._settings import Settings
from ._waiters import Waiters
from .errors import TesseralError


class Store:
    """Holds documents and answers under handles, which are numbers. The compiled rulebook decides by the handles alone.

    It takes no lock, so that a process may fork at any time; the child calls ``renew``. Any number of threads may call it
    at once, also without the interpreter's lock. The rulebook decides in one call. When another thread has freed a handle
    meanwhile, the rulebook is asked again.
    """

    DOCUMENT = None
    """The topic of requests that wait for a fetch. Other topics are the fingerprints of API keys."""

    def __init__(self, settings: Settings, client_given: bool) -> None:
        self.client_given = client_given
        """Whether the application's own client is asked about API keys."""
        self.counters = Counters()
        self.revokes = settings.revoked is not None
        """Whether the application has a list of revoked sessions and users."""
        # With a list, a good token is not accepted yet.
        self.authenticate = Verifier.authenticate if self.revokes else self.counters.authenticate
        """Kept, since every request calls it."""
        self._last_fault: Optional[tuple[str, int, Moment]] = None
        timeout_ms = self.patience_ms = int(_http.TOTAL_SECONDS * 1000)
        self._settings = settings
        self._rules = RefreshRules(interval_ms=settings.interval_ms, timeout_ms=timeout_ms)
        self._answers_rules = AnswersRules(timeout_ms=timeout_ms)
        self._documents: dict[int, tuple[bytes, Verifier]] = {}
        self._refresh = Refresh(os.urandom(16), _clock.now())
        self.renew()

    def renew(self) -> None:
        """Forgets waits and exchanges under way, for a forked child: those of its parent never end here."""
        self._refresh.renew(os.urandom(16))
        self._answers = Answers(os.urandom(16))
        self._good: dict[int, Auth] = {}
        self.waiters = Waiters()

    # The document

    def ready(self, now: Moment) -> Optional[Verifier]:
        """The verifier, in the usual case: it can be used, and the request has to do nothing else before."""
        handle = self._refresh.ready(now, self._rules)
        kept = None if handle is None else self._documents.get(handle)
        return None if kept is None else kept[1]

    def usable(self, now: Moment) -> Optional[Verifier]:
        """The verifier, unless there is none or its document is too old."""
        found = self._newest(now)
        return None if found is None or not found[0].usable else found[1]

    def _newest(self, now: Moment) -> Optional[tuple[Document, Verifier]]:
        while True:
            document = self._refresh.document(now, self._rules)
            if document is None:
                return None
            kept = self._documents.get(document.handle)
            # Otherwise another thread has just put a newer one in its place.
            if kept is not None:
                return document, kept[1]

    def check_revoked(self, auth: Auth) -> Auth:
        """Gives the sender back; raises TesseralError when the application's list names the session or the user of a token."""
        if self._settings.revoked is not None and auth.credentials_type() == "access_token":
            verifier = self.usable(_clock.now())
            if verifier is None:
                raise TesseralError("keys_unavailable")
            verifier.check_revoked(_revoked.now(self._settings.revoked), auth)
        return auth

    def request(self, now: Moment, kids: Optional[UnknownKids] = None) -> Request:
        """What a request has to do that lacks the keys with these ``kids`` or, without them, a document."""
        request = self._refresh.request(now, self._rules, document=kids is None, kids=kids)
        self._begun(request.flight)
        return request

    def waited(self, wait: Wait) -> None:
        """Gives back the place of a request that waits no more."""
        self._refresh.waited(wait)

    def poll(self, now: Moment) -> Poll:
        """What the background has to do now."""
        poll = self._refresh.poll(now, self._rules)
        self._begun(poll.flight)
        return poll

    def _begun(self, flight: Optional[Flight]) -> None:
        if flight is not None and self._refresh.is_early():
            self.counters.event("early_refreshes")

    def landed(self, flight: Flight, text: bytes) -> None:
        """A fetch brought this document. If the verifier refuses it, the document in use stays."""
        try:
            before = self._in_use()
            if before is not None and before[0] == text:
                change, kept = "same", before
            else:
                kept = text, self._settings.load(text)
                change = "text" if before is not None and before[1].has_keys_of(kept[1]) else "keys"
        except Exception as error:
            self.failed(flight, error)
            return
        handle = new_handle()
        self._documents[handle] = kept
        taken = self._refresh.landed(flight, change, handle, len(text), _clock.now())  # type: ignore[arg-type]
        self._documents.pop(handle if taken.outcome == "late" else taken.freed or 0, None)
        self.counters.event("refreshes")
        self.waiters.end(self.DOCUMENT)

    def failed(self, flight: Flight, error: Exception) -> None:
        """A fetch brought no document."""
        self._refresh.failed(flight, _clock.now())
        self.counters.event("refresh_failures")
        self._went_wrong("document", self._settings.config_api_hostname, error)
        self.waiters.end(self.DOCUMENT)

    def abandoned(self, flight: Flight) -> None:
        """A fetch was interrupted, or ended with its event loop."""
        self._refresh.abandoned(flight, _clock.now())
        self.waiters.end(self.DOCUMENT)

    def _in_use(self) -> Optional[tuple[bytes, Verifier]]:
        document = self._refresh.document(_clock.now(), self._rules)
        return None if document is None else self._documents.get(document.handle)

    # API keys

    def ask(self, key: ApiKey, ticket: int) -> Ask:
        """What a request with this API key has to do. ``ticket``: 0, or the one that the request got when it had to wait."""
        ask = self._answers.ask(_SCOPE, key.fingerprint(), ticket, _clock.now(), self._answers_rules)
        # A request with a ticket has waited for the answer.
        if ask.verdict is not None and ask.verdict.kind != "failed" and ticket == 0:
            self.counters.event("api_key_cache_hits")
        return ask

    def known(self, verdict: Verdict) -> Optional[Auth]:
        """The sender by this verdict; None when a newer answer has just taken its place. Raises TesseralError."""
        if verdict.kind != "good":
            raise TesseralError(_REFUSALS.get(verdict.kind, "api_key_lookup_failed"))
        return self._good.get(verdict.handle)

    def answered(self, key: ApiKey, question: Question, status: int, body: bytes) -> Union[Auth, TesseralError]:
        """The service answered a question. Returns the sender, or the reason of the refusal."""
        try:
            auth = key.response(status, body)
        except TesseralError as error:
            if error.slug not in _KINDS and status:
                fault = _http.FetchError("http_status", status) if status != 200 else error
                self._went_wrong("api_keys", self._settings.backend_api_hostname, fault)
            self._answered(key, question, Verdict(_KINDS.get(error.slug, "failed")))  # type: ignore[arg-type]
            return error
        handle = new_handle()
        self._good[handle] = auth
        self._answered(key, question, Verdict("good", handle, len(body)))
        return auth

    def unanswered(self, key: ApiKey, question: Question, error: Optional[Exception]) -> TesseralError:
        """The service did not answer a question. Without an ``error``, the request that asked was interrupted."""
        if error is not None:
            self._went_wrong("api_keys", self._settings.backend_api_hostname, error)
        self._answered(key, question, Verdict("failed"))
        return TesseralError("api_key_lookup_failed")

    def _answered(self, key: ApiKey, question: Question, verdict: Verdict) -> None:
        fingerprint, now = key.fingerprint(), _clock.now()
        self.counters.event("lookups")
        if verdict.kind == "failed":
            self.counters.event("lookup_failures")
        landed = self._answers.landed(_SCOPE, fingerprint, question, verdict, now, self._answers_rules)
        for handle in landed.freed:
            self._good.pop(handle, None)
        self.waiters.end(fingerprint)

    # Statistics

    def stats(self) -> Stats:
        """All numbers at this moment."""
        now = _clock.now()
        found, last = self._newest(now), self._last_fault
        return self.counters.stats(
            verifier=None if found is None else found[1],
            age_ms=0 if found is None else found[0].age,
            usable=found is not None and found[0].usable,
            due_in_ms=self._refresh.due_in(now, self._rules),
            fault=None if last is None else (last[0], last[1], max(0, now.steady - last[2].steady)),
        )

    def _went_wrong(self, about: Literal["document", "api_keys"], host: str, error: Exception) -> None:
        self._last_fault = (*warn(about, host, error), _clock.now())


# The rulebook tells projects apart by scopes. An authenticator has one project.
_SCOPE = bytes(16)

_KINDS = {"api_key_invalid": "invalid", "api_keys_not_permitted": "not_permitted"}
_REFUSALS = {kind: slug for slug, kind in _KINDS.items()}
