"""Arguments and results of the compiled rulebook, ``Refresh`` and ``Answers``. All times are in milliseconds."""

from __future__ import annotations

from typing import Literal, NamedTuple, Optional

__all__ = [
    "Ask",
    "Document",
    "Flight",
    "Landed",
    "Moment",
    "Poll",
    "Question",
    "Request",
    "Restored",
    "Taken",
    "Verdict",
    "Wait",
]


class Moment(NamedTuple):
    """A moment by two clocks. Neither is the time by which a token is judged."""

    steady: int
    """By a clock that is never set and that runs while the machine is suspended, such as ``CLOCK_BOOTTIME``."""
    wall: int
    """By the wall clock: milliseconds since 1970."""


class Flight(NamedTuple):
    """One fetch of the document. The driver that begins it reports how it ended."""

    number: int
    began: Moment


class Poll(NamedTuple):
    """What a background has to do: fetch, or poll again at the time ``until`` by the steady clock."""

    act: Literal["fetch", "in_flight", "at"]
    flight: Optional[Flight]
    until: Optional[int]


class Wait(NamedTuple):
    """A caller may wait until this time by the steady clock. If it has a place, it gives the place back."""

    until: int
    place: Optional[int]


class Request(NamedTuple):
    """What a request has to do. ``wake``: the background has to poll now."""

    act: Literal["proceed", "wait", "fetch"]
    flight: Optional[Flight]
    wait: Optional[Wait]
    wake: bool


class Taken(NamedTuple):
    """What became of a document that a flight brought, and the handle that is not needed any more."""

    outcome: Literal["in_use", "late"]
    freed: Optional[int]


class Restored(NamedTuple):
    """What became of a document from a file, and the handle that is not needed any more."""

    outcome: Literal["in_use", "not_newer", "too_old", "from_the_future"]
    freed: Optional[int]


class Document(NamedTuple):
    """The document in use. ``number`` is that of the flight that brought it; 0 when it was restored.

    It is due again at ``due_percent`` of the refresh interval; 0: at once.
    """

    number: int
    began: Moment
    handle: int
    length: int
    age: int
    usable: bool
    due_percent: int


class Question(NamedTuple):
    """One question about one API key. The driver that sends it reports the answer."""

    number: int
    sent: Moment


class Verdict(NamedTuple):
    """What the service said about an API key. ``handle``: the one under which the caller keeps a good answer, else 0."""

    kind: Literal["good", "invalid", "not_permitted", "failed"]
    handle: int = 0
    length: int = 0


class Ask(NamedTuple):
    """What a request with an API key has to do: take the verdict, send the question, wait, or give up.

    A request that waits asks again with ``ticket``, when the question under way has ended or at ``until``.
    """

    act: Literal["known", "send", "wait", "busy"]
    verdict: Optional[Verdict]
    question: Optional[Question]
    until: Optional[int]
    ticket: Optional[int]


class Landed(NamedTuple):
    """Whether the answer's handle is kept, and the handles that are not needed any more."""

    kept: bool
    freed: tuple[int, ...]
