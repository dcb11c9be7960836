"""Compares two answers, and counts."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Optional, Protocol

from .cases import Case, differences


class Answer(Protocol):
    """What the test clients of all frameworks give."""

    @property
    def status_code(self) -> int: ...
    @property
    def content(self) -> bytes: ...
    @property
    def headers(self) -> Mapping[str, str]: ...


class Tally:
    """The requests of one framework and the rows of the table that they were about."""

    def __init__(self, framework: str) -> None:
        self._framework = framework
        self.ran: list[str] = []
        self.seen: set[str] = set()

    def __str__(self) -> str:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        rows = f"{len(self.seen)} deliberate differences"
        return f"compat {self._framework}: {len(self.ran)} requests to both packages on Python {version}, {rows}"

    def compare(self, case: Case, theirs: Answer, ours: Answer) -> Optional[str]:
        """What is wrong with the two answers, if anything."""
        self.ran.append(case.name)
        statuses = theirs.status_code, ours.status_code
        if case.difference is not None:
            self.seen.add(case.difference)
            row = differences()[case.difference]
            if statuses != (row.theirs, row.ours):
                return f"{case.name}: {statuses}, row {case.difference} says {(row.theirs, row.ours)}"
            return None
        if (theirs.status_code, theirs.content) != (ours.status_code, ours.content):
            return f"{case.name}: {statuses}\n  theirs {theirs.content!r}\n  ours   {ours.content!r}"
        if dict(theirs.headers) != dict(ours.headers):
            return f"{case.name}: {dict(theirs.headers)} and {dict(ours.headers)}"
        return None
