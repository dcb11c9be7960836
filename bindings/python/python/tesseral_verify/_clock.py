"""The two clocks by which documents and answers age, in milliseconds. Tokens are judged by the system's clock alone."""

from __future__ import annotations

import time

from ._rulebook import Moment

_BOOTTIME = getattr(time, "CLOCK_BOOTTIME", None)


def now() -> Moment:
    """This moment by both clocks."""
    return Moment(_steady(), time.time_ns() // 1_000_000)


def _steady() -> int:
    """By a clock that is never set. Where the system has such a clock, it also runs while the machine is suspended."""
    if _BOOTTIME is None:
        return time.monotonic_ns() // 1_000_000
    return time.clock_gettime_ns(_BOOTTIME) // 1_000_000
