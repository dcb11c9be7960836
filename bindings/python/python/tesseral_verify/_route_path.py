"""The path by which a Starlette application chooses a route."""

from __future__ import annotations

from typing import Any, Callable

import starlette
from starlette.types import Scope


def route_path_of(app: Any) -> Callable[[Scope], str]:
    """Gives the function for requests to an application, as its own router has it.

    Raises RuntimeError when that is not to be had from this version of Starlette.
    """
    within = _of_router()

    def route_path(scope: Scope) -> str:
        # A FastAPI application that stands directly behind the middleware puts its own in place of the server's.
        own = getattr(app, "root_path", None)
        return within({**scope, "root_path": own} if own and isinstance(own, str) else scope)

    return route_path


def _of_router() -> Callable[[Scope], str]:
    try:
        # Private, but the very function that Starlette's and FastAPI's routers call.
        from starlette._utils import get_route_path
    except ImportError:
        if tuple(map(int, starlette.__version__.split(".")[:2])) >= (0, 33):
            raise RuntimeError(f"exclude does not know how the router of Starlette {starlette.__version__} reads paths")
        # There, Mount leaves the rest of the path in the scope.
        return lambda scope: str(scope["path"])
    return get_route_path
