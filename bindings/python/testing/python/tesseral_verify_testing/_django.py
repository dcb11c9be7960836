"""Django and Django REST framework: the AuthMiddleware in the setting MIDDLEWARE."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from functools import cached_property, wraps
from typing import Any, Optional

from ._patch import patched
from ._project import Project
from ._stand_in import Mint, StandIn, settings_of


def knows(app: object) -> bool:
    """Whether this is ``django.conf.settings``, or the fixture ``settings`` of pytest-django in its place."""
    return "django.conf" in sys.modules and hasattr(app, "MIDDLEWARE")


def stand_in(app: Any, project: Project, mint: Optional[Mint], stack: ExitStack) -> None:
    from django.test import AsyncRequestFactory, RequestFactory  # type: ignore[import-untyped]
    from django.utils.module_loading import import_string  # type: ignore[import-untyped]

    from tesseral_verify.django import AuthMiddleware

    named = [import_string(path) for path in app.MIDDLEWARE]
    ours = [part for part in named if isinstance(part, type) and issubclass(part, AuthMiddleware)]
    if not ours:
        raise ValueError('no "tesseral_verify.django.middleware.AuthMiddleware" is in the setting MIDDLEWARE')
    entry = _Entry(project, mint, ours)
    _entries.append(entry)
    stack.callback(_entries.remove, entry)
    stack.enter_context(patched(AuthMiddleware, _NAME, lambda _: _Authenticators()))
    stack.enter_context(patched(AuthMiddleware, "process_request", _with_credential))
    for factory in (RequestFactory, AsyncRequestFactory):
        stack.enter_context(patched(factory, "request", _seen))


_NAME = "access_token_authenticator"


class _Entry:
    """One of the nested overrides. All of them are for the one Django of this process."""

    def __init__(self, project: Project, mint: Optional[Mint], middlewares: list[Any]) -> None:
        self.project, self.mint = project, mint
        self._classes = middlewares
        self._made: dict[Any, StandIn] = {}

    def for_middleware(self, middleware: Any) -> Any:
        """The stand-in's authenticator. Each client of Django makes a middleware, and those with equal settings share one."""
        authenticator = vars(middleware)[_NAME]
        settings = settings_of(authenticator)
        if settings not in self._made:
            self._made[settings] = StandIn(authenticator, self.project, self.mint)
        return self._made[settings].authenticator

    @cached_property
    def middlewares(self) -> list[Any]:
        """For requests that no handler gets. They are made when needed, since each one reads the system's certificates."""
        return [middleware(_no_response) for middleware in self._classes]


_entries: list[_Entry] = []
"""The last one is the newest, and it counts."""


class _Authenticators:
    """In place of the attribute of all middlewares, also of those that clients make later.

    It is a data descriptor, so that Python asks it before the attributes of the middleware itself.
    """

    def __get__(self, middleware: Any, _: Any) -> Any:
        return self if middleware is None else _entries[-1].for_middleware(middleware)

    def __set__(self, middleware: Any, authenticator: Any) -> None:
        vars(middleware)[_NAME] = authenticator


def _with_credential(process_request: Any) -> Any:
    @wraps(process_request)
    def processed(self: Any, request: Any) -> Any:
        mint = _entries[-1].mint
        if mint is not None:
            request.META["HTTP_AUTHORIZATION"] = f"Bearer {mint()}"
        return process_request(self, request)

    return processed


def _seen(make_request: Any) -> Any:
    """The middlewares process requests that a RequestFactory makes, too."""

    @wraps(make_request)
    def request(self: Any, **kwargs: Any) -> Any:
        made = make_request(self, **kwargs)
        for middleware in _entries[-1].middlewares:
            middleware.process_request(made)
        return made

    return request


def _no_response(_: Any) -> Any:
    """The ``get_response`` that a middleware needs. No request gets there."""
