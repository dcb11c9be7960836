"""FastAPI, Starlette and any other ASGI application that has a RequireAuthMiddleware."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, Optional

from ._patch import patched
from ._project import Project
from ._stand_in import Mint, newest, settings_of, standing_in


def knows(app: object) -> bool:
    return callable(app)


def stand_in(app: object, project: Project, mint: Optional[Mint], stack: ExitStack) -> None:
    found = {id(authenticator): authenticator for authenticator in _authenticators(app, stack)}
    if not found:
        raise ValueError("no RequireAuthMiddleware of tesseral_verify.fastapi is in the application: add it first")
    for authenticator in found.values():
        stack.enter_context(standing_in(authenticator, project, mint))
    middleware = sys.modules["tesseral_verify.fastapi"].RequireAuthMiddleware
    stack.enter_context(patched(middleware, "__call__", _with_credential))


def _with_credential(call: Any) -> Any:
    """A request gets its credential right before the middleware sees it, if the application is overridden."""

    async def called(self: Any, scope: Any, receive: Any, send: Any) -> None:
        stand_in = newest(self.access_token_authenticator)
        if stand_in is not None and stand_in.mint is not None and "headers" in scope:
            headers = [(name, value) for name, value in scope["headers"] if name.lower() != b"authorization"]
            # In the same scope: a middleware around this one may read what the application leaves in it.
            scope["headers"] = [*headers, (b"authorization", f"Bearer {stand_in.mint()}".encode())]
        await call(self, scope, receive, send)

    return called


def _authenticators(app: object, stack: ExitStack) -> Iterator[object]:
    """The authenticators of all middlewares, also of mounted applications and of routes."""
    ours = sys.modules.get("tesseral_verify.fastapi")
    if ours is None:
        return
    seen: dict[int, Any] = {}
    waiting: list[Any] = [app]
    while waiting:
        part = waiting.pop()
        if id(part) in seen:
            continue
        # The object is kept, so that no other object gets its number.
        seen[id(part)] = part
        if isinstance(part, ours.RequireAuthMiddleware):
            authenticator = part.access_token_authenticator
            if settings_of(authenticator) is not None:
                yield authenticator
        if isinstance(part, (list, tuple)):
            waiting += part
        elif getattr(part, "middleware_stack", ...) is None:
            # The first request would make the stack. It is removed at the end, since Starlette takes no middleware beside it.
            part.middleware_stack = part.build_middleware_stack()
            stack.callback(setattr, part, "middleware_stack", None)
        waiting += [getattr(part, name) for name in _INNER if hasattr(part, name)]


_INNER = ("middleware_stack", "app", "router", "routes")
