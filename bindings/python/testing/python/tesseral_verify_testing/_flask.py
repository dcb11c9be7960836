"""Flask: the hook of ``require_auth``, or a function that calls it."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from types import FunctionType, MethodType
from typing import Any, Callable, Optional

from ._project import Project
from ._stand_in import Mint, StandIn, newest, settings_of, standing_in


def knows(app: object) -> bool:
    flask = sys.modules.get("flask")
    return flask is not None and isinstance(app, flask.Flask)


def stand_in(app: Any, project: Project, mint: Optional[Mint], stack: ExitStack) -> None:
    found: dict[int, object] = {}
    for hooks in app.before_request_funcs.values():
        for hook in hooks:
            found.update((id(authenticator), authenticator) for authenticator in _authenticators(hook, set()))
    if not found:
        raise ValueError(
            "no hook of tesseral_verify.flask.require_auth is in the Flask application: app.before_request(require_auth(...))"
        )
    for authenticator in found.values():
        stand_in = stack.enter_context(standing_in(authenticator, project, mint))
        hook = _with_credential(authenticator, stand_in)
        # It runs before all other hooks, also those of blueprints.
        app.before_request_funcs[None].insert(0, hook)
        stack.callback(app.before_request_funcs[None].remove, hook)


def _with_credential(authenticator: object, stand_in: StandIn) -> Callable[[], None]:
    """A hook that gives requests their credential, unless a newer override counts."""

    def give() -> None:
        if stand_in.mint is not None and newest(authenticator) is stand_in:
            sys.modules["flask"].request.environ["HTTP_AUTHORIZATION"] = f"Bearer {stand_in.mint()}"

    return give


def _authenticators(value: Any, seen: set[int]) -> Iterator[object]:
    """The authenticators that a hook uses: itself, or in functions that it calls by name."""
    if id(value) in seen:
        return
    seen.add(id(value))
    if settings_of(value) is not None:
        yield value
        return
    # Not isinstance: a proxy of Flask answers it with the class of its object.
    kind = type(value)
    if kind is functools.partial:
        inner: list[Any] = [value.func, *value.args, *value.keywords.values()]
    elif kind is MethodType:
        inner = [value.__func__, *getattr(value.__self__, "__dict__", {}).values()]
    elif kind is FunctionType:
        names = inspect.getclosurevars(value)
        inner = [*names.nonlocals.values(), *names.globals.values()]
    else:
        return
    for part in inner:
        yield from _authenticators(part, seen)
