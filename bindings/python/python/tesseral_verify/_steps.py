"""The steps of a request until it is accepted or refused. Threads and event loops run them, each in their own way."""

from __future__ import annotations

from collections.abc import Generator, Hashable, Iterable
from dataclasses import dataclass
from typing import Any, Optional, TypeVar, Union

from . import _client_answers, _clock
from ._native import ApiKey, Auth, Verifier
from ._rulebook import Flight, Question
from ._spans import OTEL_INSTALLED, note_sender
from ._store import Store
from .errors import TesseralError


@dataclass(frozen=True)
class Fly:
    """Fetch the document, report how the fetch ended, and go on; at the latest at ``until`` by the steady clock."""

    flight: Flight
    until: int


@dataclass(frozen=True)
class Wait:
    """Go on when an exchange on the topic has ended, at the latest at ``until``; at once if any has ended since ``seen``."""

    topic: Hashable
    until: int
    seen: int


@dataclass(frozen=True)
class Wake:
    """Have the background ask the rulebook now what it has to do."""


@dataclass
class Send:
    """Ask the service about the key, and report its answer. ``said`` is then the sender or the reason of a refusal."""

    key: ApiKey
    question: Question
    said: Union[Auth, TesseralError, None] = None


Step = Union[Fly, Wait, Wake, Send]


Result = TypeVar("Result")
Steps = Generator[Step, None, Result]


def sender(store: Store, headers: Iterable[Any]) -> Union[Auth, Steps[Auth]]:
    """Says who sent a request with these headers, at once for a good access token; raises TesseralError."""
    if not isinstance(headers, list):
        headers = list(headers)
    verifier = store.ready(_clock.now())
    if verifier is None:
        return _counted(store, _unprepared(store, headers))
    try:
        found = store.authenticate(verifier, headers)
    except TesseralError as error:
        return _counted(store, _refused(store, verifier, headers, error))
    if isinstance(found, ApiKey):
        return _counted(store, _looked_up(store, found))
    if store.revokes:
        return _counted(store, _found(found))
    if OTEL_INSTALLED:
        note_sender(found)
    return found


def _counted(store: Store, steps: Steps[Auth]) -> Steps[Auth]:
    """Refuses a sender who is revoked, and counts how the request ends."""
    try:
        auth = store.check_revoked((yield from steps))
    except TesseralError as error:
        store.counters.refused(error.slug)
        raise
    store.counters.accepted()
    if OTEL_INSTALLED:
        note_sender(auth)
    return auth


def _found(auth: Auth) -> Steps[Auth]:
    """For a request whose sender the verifier has found."""
    return auth
    yield


def _unprepared(store: Store, headers: list[Any]) -> Steps[Auth]:
    """For a request that finds no verifier, or that has to do something else before."""
    verifier = yield from _document(store)
    found = yield from _judged(store, verifier, headers)
    return (yield from _looked_up(store, found)) if isinstance(found, ApiKey) else found


def _refused(store: Store, verifier: Verifier, headers: list[Any], error: TesseralError) -> Steps[Auth]:
    """For a request that the verifier refused."""
    found = yield from _judged_anew(store, verifier, headers, None, error)
    return (yield from _looked_up(store, found)) if isinstance(found, ApiKey) else found


def of_token(store: Store, token: str, now: Optional[float]) -> Steps[Auth]:
    """Says whose access token this is; raises TesseralError."""
    return (yield from _counted(store, _of_token(store, token, now)))


def _of_token(store: Store, token: str, now: Optional[float]) -> Steps[Auth]:
    if "." not in token:
        raise TesseralError("token_malformed")
    verifier = yield from _document(store)
    found = yield from _judged(store, verifier, [("authorization", f"Bearer {token}")], now)
    if isinstance(found, ApiKey):
        raise TesseralError("token_malformed")
    return found


def project_id(store: Store) -> Steps[str]:
    """The project's ID, from the document; raises TesseralError."""
    verifier = yield from _document(store)
    return verifier.inspect().project_id or ""


def readiness(store: Store, seconds: float) -> Steps[bool]:
    """Whether requests can be accepted; fetches a first document, or waits for it."""
    try:
        yield from _document(store, min(max(0, int(seconds * 1000)), store.patience_ms))
    except TesseralError:
        return False
    return True


def _document(store: Store, patience_ms: Optional[int] = None) -> Steps[Verifier]:
    """The verifier, for which a request may have to fetch or to wait."""
    now, deadline = _clock.now(), None
    while deadline is None or now.steady < deadline:
        seen, request = store.waiters.ended, store.request(now)
        if request.act == "proceed":
            break
        until = deadline = deadline or now.steady + (store.patience_ms if patience_ms is None else patience_ms)
        if request.wait is not None:
            until = min(until, request.wait.until)
        # A request that has to wait fetches if it can: this process may have nothing else that does.
        flight = store.poll(now).flight if request.wake else request.flight
        yield Wait(store.DOCUMENT, until, seen) if flight is None else Fly(flight, until)
        now = _clock.now()
    verifier = store.usable(_clock.now())
    if verifier is None:
        raise TesseralError("keys_unavailable")
    return verifier


def _judged(
    store: Store, verifier: Verifier, headers: list[Any], at: Optional[float] = None
) -> Steps[Union[Auth, ApiKey]]:
    """What the verifier says, with newer keys when it lacks some and a fetch brings them."""
    try:
        return verifier.authenticate(headers, at)
    except TesseralError as error:
        refusal = error
    return (yield from _judged_anew(store, verifier, headers, at, refusal))


def _judged_anew(
    store: Store, verifier: Verifier, headers: list[Any], at: Optional[float], refusal: TesseralError
) -> Steps[Union[Auth, ApiKey]]:
    """What newer keys say, when a fetch may bring those that the verifier lacks; or the refusal."""
    kids = verifier.unknown_kids(headers, at)
    if kids is None:
        if refusal.slug == "api_key_invalid" and store.client_given:
            _client_answers.note_unasked()
        raise refusal
    now, seen = _clock.now(), store.waiters.ended
    request = store.request(now, kids)
    if request.wake:
        yield Wake()
    if request.flight is not None:
        yield Fly(request.flight, now.steady + store.patience_ms)
    elif request.wait is not None:
        try:
            yield Wait(store.DOCUMENT, request.wait.until, seen)
        finally:
            store.waited(request.wait)
    else:
        raise refusal
    newer = store.usable(_clock.now())
    if newer is None:
        raise TesseralError("keys_unavailable")
    return newer.authenticate(headers, at)


def _looked_up(store: Store, key: ApiKey) -> Steps[Auth]:
    """What the service says about a key. If another request is asking about it, this one waits for that answer."""
    ticket = 0
    while True:
        seen, ask = store.waiters.ended, store.ask(key, ticket)
        if ask.verdict is not None:
            known = store.known(ask.verdict)
            if known is not None:
                return known
            continue
        if ask.question is not None:
            send = Send(key, ask.question)
            yield send
            if isinstance(send.said, Auth):
                return send.said
            raise send.said or TesseralError("api_key_lookup_failed")
        if ask.until is None or ask.ticket is None:
            raise TesseralError("api_key_lookup_failed")
        ticket = ask.ticket
        yield Wait(key.fingerprint(), ask.until, seen)
