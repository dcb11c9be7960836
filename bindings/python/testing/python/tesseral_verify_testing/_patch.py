"""Replaces attributes of classes for a while."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Callable

_ABSENT = object()

_in_use: dict[tuple[type, str], tuple[int, Any]] = {}
"""By class and attribute: how many callers need the replacement, and the attribute before."""


@contextmanager
def patched(owner: type, name: str, make: Callable[[Any], Any]) -> Iterator[None]:
    """Inside, what ``make`` returns for the attribute replaces it. Callers that overlap share the first one's replacement."""
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
