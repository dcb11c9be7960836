"""Attributes of classes that are others for a while."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Callable

_ABSENT = object()

_in_use: dict[tuple[type, str], tuple[int, Any]] = {}
"""How many callers need it, and what was there before."""


@contextmanager
def patched(owner: type, name: str, make: Callable[[Any], Any]) -> Iterator[None]:
    """Inside, what ``make`` makes of the attribute stands in its place. Callers that overlap share what the first one made."""
    needed, before = _in_use.get((owner, name), (0, vars(owner).get(name, _ABSENT)))
    if not needed:
        setattr(owner, name, make(before))
    _in_use[owner, name] = needed + 1, before
    try:
        yield
    finally:
        needed, before = _in_use.pop((owner, name))
        if needed > 1:
            _in_use[owner, name] = needed - 1, before
        elif before is _ABSENT:
            delattr(owner, name)
        else:
            setattr(owner, name, before)
