"""FastAPI, Starlette and whatever else has a RequireAuthMiddleware."""

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
    """Requests of applications that are overridden get their credential where the middleware sees them first."""

    async def called(self: Any, scope: Any, receive: Any, send: Any) -> None:
        stand_in = newest(self.access_token_authenticator)
        if stand_in is not None and stand_in.mint is not None and "headers" in scope:
            headers = [(name, value) for name, value in scope["headers"] if name.lower() != b"authorization"]
            # In the same scope, so that whatever is outside goes on seeing what the application leaves in it.
            scope["headers"] = [*headers, (b"authorization", f"Bearer {stand_in.mint()}".encode())]
        await call(self, scope, receive, send)

    return called


def _authenticators(app: object, stack: ExitStack) -> Iterator[object]:
    """Those of all middlewares, also of mounted applications and of routes."""
    ours = sys.modules.get("tesseral_verify.fastapi")
    if ours is None:
        return
    seen: dict[int, Any] = {}
    waiting: list[Any] = [app]
    while waiting:
        part = waiting.pop()
        if id(part) in seen:
            continue
        # Kept: another object could get the number of one that is gone.
        seen[id(part)] = part
        if isinstance(part, ours.RequireAuthMiddleware):
            authenticator = part.access_token_authenticator
            if settings_of(authenticator) is not None:
                yield authenticator
        if isinstance(part, (list, tuple)):
            waiting += part
        elif getattr(part, "middleware_stack", ...) is None:
            # Its first request would make it. Once it is there, Starlette lets no middleware be added.
            part.middleware_stack = part.build_middleware_stack()
            stack.callback(setattr, part, "middleware_stack", None)
        waiting += [getattr(part, name) for name in _INNER if hasattr(part, name)]


_INNER = ("middleware_stack", "app", "router", "routes")
