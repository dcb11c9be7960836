"""The list of revoked sessions and users that an application keeps."""

from __future__ import annotations

from inspect import iscoroutinefunction
from typing import Callable, Union

from ._native import Revoked

RevokedNow = Union[Revoked, Callable[[], Revoked]]
"""The list, or a function that returns the current one."""


def check(revoked: object) -> None:
    """Raises TypeError unless this is a list, an ordinary function, or None."""
    if revoked is None or isinstance(revoked, Revoked):
        return
    if not callable(revoked) or isinstance(revoked, type) or iscoroutinefunction(revoked):
        raise TypeError("revoked is neither a Revoked nor an ordinary function without arguments that gives one")


def now(revoked: RevokedNow) -> Revoked:
    """The current list. What the function raises goes on to the application."""
    return revoked if isinstance(revoked, Revoked) else revoked()
