"""The path by which a Starlette application chooses a route."""

from __future__ import annotations

from typing import Any, Callable, Optional

import starlette
from starlette.routing import BaseRoute
from starlette.types import Scope

try:
    from fastapi import FastAPI
except ImportError:  # Starlette alone, which takes the server's root_path
    FastAPI = None  # type: ignore[assignment,misc]


def route_path_of(app: Any) -> Callable[[Scope], str]:
    """Returns the function that reads the path of a request to this application as its router does.

    Raises RuntimeError when this version of Starlette has no such function.
    """
    within, fastapi = _of_router(), _fastapi_behind(app)

    def route_path(scope: Scope) -> str:
        # A FastAPI application replaces the server's ``root_path`` by its own. It does so after the middlewares around it have
        # seen the request.
        own = None if fastapi is None else fastapi.root_path
        return within({**scope, "root_path": own} if own else scope)

    return route_path


def _fastapi_behind(app: Any) -> Optional[Any]:
    """The FastAPI application that this is, or around which it is a middleware, or several: each has the next as ``app``."""
    for _ in range(_MOST_MIDDLEWARES):
        if app is None or FastAPI is None or isinstance(app, BaseRoute):
            return None
        if isinstance(app, FastAPI):
            return app
        app = getattr(app, "app", None)
    return None


# An object may give another one under every name, for ever.
_MOST_MIDDLEWARES = 100


def _of_router() -> Callable[[Scope], str]:
    try:
        # Private, but the very function that Starlette's and FastAPI's routers call.
        from starlette._utils import get_route_path
    except ImportError:
        if tuple(map(int, starlette.__version__.split(".")[:2])) >= (0, 33):
            raise RuntimeError(
                f"exclude does not work with Starlette {starlette.__version__}, which lacks the function by which its router "
                "reads paths (starlette._utils.get_route_path): install 0.35 or newer"
            )
        # Before 0.33, a Mount puts the rest of the path into the scope.
        return lambda scope: str(scope["path"])
    return get_route_path
