"""An authenticator in place of an application's own one."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Callable, Optional

from tesseral_verify._settings import Settings

from ._project import Project

Mint = Callable[[], str]
"""Returns the credential of the next request."""


class StandIn:
    """An authenticator of the same kind and settings as another one, with the document of a throw-away project.

    With ``mint``, each request gets the credential that it returns, before the request is authenticated.
    """

    def __init__(self, other: Any, project: Project, mint: Optional[Mint]) -> None:
        settings: Settings = replace(settings_of(other), publishable_key=project.publishable_key)
        if inspect.iscoroutinefunction(type(other).authenticate):
            self.authenticator = type(other)(settings, project.async_http_client(), project.async_tesseral_client())
        else:
            self.authenticator = type(other)(settings, project.http_client(), project.tesseral_client())
        self.mint = mint


def settings_of(value: object) -> Any:
    """The settings of an authenticator of ``tesseral_verify``; None for anything else."""
    # The module first: the attributes of a proxy, such as Flask's, can be read inside of a request alone.
    if not type(value).__module__.startswith("tesseral_verify.") or not hasattr(value, "authenticate"):
        return None
    settings = getattr(value, "_settings", None)
    return settings if isinstance(settings, Settings) else None


def newest(authenticator: Any) -> Optional[StandIn]:
    """The stand-in that is used for the authenticator now."""
    stand_ins: list[StandIn] = vars(authenticator).get(_STAND_INS, [])
    return stand_ins[-1] if stand_ins else None


@contextmanager
def standing_in(authenticator: Any, project: Project, mint: Optional[Mint]) -> Iterator[StandIn]:
    """Inside, a stand-in is used for the authenticator. Of several ones, the newest counts."""
    stand_in = StandIn(authenticator, project, mint)
    others: list[StandIn] = vars(authenticator).setdefault(_STAND_INS, [])
    others.append(stand_in)
    _choose(authenticator)
    try:
        yield stand_in
    finally:
        others.remove(stand_in)
        _choose(authenticator)


_STAND_INS = "_stand_ins"


def _choose(authenticator: Any) -> None:
    """Puts the stand-in's public methods onto the authenticator, where they hide those of its class."""
    own, stand_in = vars(authenticator), newest(authenticator)
    for name, _ in inspect.getmembers(type(authenticator), inspect.isfunction):
        if name.startswith("_"):
            continue
        own.pop(name, None)
        if stand_in is not None:
            own[name] = getattr(stand_in.authenticator, name)
    if stand_in is None:
        del own[_STAND_INS]
