"""What an application's OpenAPI document says of the middleware: how requests authenticate, and how refusals look."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Iterable
from typing import Any, Callable, Optional, TypeVar, Union

try:
    from fastapi.openapi.models import HTTPBearer
    from fastapi.security.base import SecurityBase
except ImportError:  # Starlette alone, which writes no such document
    HTTPBearer = SecurityBase = None  # type: ignore[assignment,misc]

_BEARER, _COOKIE = "Tesseral", "TesseralCookie"
_BEARER_TEXT = "An access token of Tesseral; where the application accepts them, an API key, too."
_COOKIE_TEXT = "The same access token, as browsers send it by themselves. A page cannot set it: paste it as a bearer token."

_Dependency = TypeVar("_Dependency", bound=Callable[..., Any])


def documented(dependency: _Dependency) -> _Dependency:
    """Makes ``Depends(dependency)`` say in the OpenAPI document that the operation needs a bearer token."""
    return dependency if SecurityBase is None else _Documented(dependency)  # type: ignore[return-value]


if SecurityBase is not None:

    class _Documented(SecurityBase):
        """A function that FastAPI takes for a security scheme, too. It is called as before: no second check, no cost."""

        scheme_name = _BEARER
        model = HTTPBearer(bearerFormat="JWT", description=_BEARER_TEXT)

        def __init__(self, function: Callable[..., Any]) -> None:
            self._function = function
            for name in ("__name__", "__qualname__", "__module__", "__doc__"):
                setattr(self, name, getattr(function, name))
            # FastAPI finds in them what the annotations mean. Not ``__wrapped__``, behind which it would look.
            self.__signature__ = inspect.signature(function)
            self.__globals__ = function.__globals__

        def __call__(self, *args: Any, **kwargs: Any) -> Any:
            return self._function(*args, **kwargs)


def _object(member: str) -> dict[str, Any]:
    return {"type": "object", "properties": {member: {"type": "string"}}, "required": [member]}


def _response(description: str, text: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema, "example": {"error": text}}}}


auth_responses: dict[Union[int, str], dict[str, Any]] = {
    401: _response("No good credential", "Unauthorized", _object("error")),
    # The second form is that of an HTTPException, with which ``require`` refuses.
    403: _response("Not permitted", "Forbidden", {"anyOf": [_object("error"), _object("detail")]}),
    503: _response("Cannot be judged now; try again", "Service Unavailable", _object("error")),
}
"""For ``responses`` of an application, a router or a route: how the middleware and ``require`` refuse."""


def document_auth(app: Any, *, project_id: Optional[str] = None, exclude: Iterable[str] = ()) -> None:
    """Declares for all operations of a FastAPI application that they need a token, and how they refuse.

    For an application behind the middleware whose routes do not all have ``Depends(get_auth)``. It changes the
    application's OpenAPI document alone; what the middleware does stays.

    app: the FastAPI application.
    project_id: also declares the cookie, whose name has it in it. It is not learned from the configuration document, lest
        the OpenAPI document say something else before the first request than after it.
    exclude: paths, written as in the routes, of which nothing is declared: what the middleware lets pass.
    """
    plain: Callable[[], dict[str, Any]] = app.openapi
    schemes: dict[str, Any] = {
        _BEARER: {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": _BEARER_TEXT}
    }
    if project_id is not None:
        name = f"tesseral_{project_id}_access_token"
        schemes[_COOKIE] = {"type": "apiKey", "in": "cookie", "name": name, "description": _COOKIE_TEXT}
    excluded = frozenset(exclude)

    def openapi() -> dict[str, Any]:
        # FastAPI keeps what it has made, which this has changed then.
        document = plain()
        document.setdefault("components", {}).setdefault("securitySchemes", {}).update(schemes)
        for path, operations in document.get("paths", {}).items():
            if path not in excluded:
                for method in _METHODS & operations.keys():
                    _declare(operations[method], list(schemes))
        return document

    app.openapi = openapi


_METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace"})


def _declare(operation: dict[str, Any], schemes: list[str]) -> None:
    ours: list[dict[str, list[str]]] = [{name: []} for name in schemes]
    operation["security"] = ours + [other for other in operation.get("security", ()) if other not in ours]
    responses = operation.setdefault("responses", {})
    for status, response in auth_responses.items():
        responses.setdefault(str(status), copy.deepcopy(response))
