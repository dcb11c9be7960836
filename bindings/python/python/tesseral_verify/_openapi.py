"""What the OpenAPI document of a FastAPI application says about the middleware: credentials and refusals."""

from __future__ import annotations

import copy
import inspect
from inspect import iscoroutinefunction
from typing import Any, Callable, Optional, TypeVar, Union

from ._exclude import Excluded, Paths

try:
    from fastapi.openapi.models import HTTPBearer
    from fastapi.security.base import SecurityBase
except ImportError:  # Starlette alone, which writes no such document
    HTTPBearer = SecurityBase = None  # type: ignore[assignment,misc]

_BEARER, _COOKIE = "Tesseral", "TesseralCookie"
_BEARER_TEXT = "An access token of Tesseral; where the application accepts them, an API key, too."
_COOKIE_TEXT = "The same access token, as a browser sends it. A page cannot set this cookie: paste it as a bearer token."

_Dependency = TypeVar("_Dependency", bound=Callable[..., Any])


def documented(dependency: _Dependency) -> _Dependency:
    """Makes ``Depends(dependency)`` say in the OpenAPI document that the operation takes a bearer token."""
    if SecurityBase is None:
        return dependency
    kind = _AsyncDocumented if iscoroutinefunction(dependency) else _Documented
    return kind(dependency)  # type: ignore[return-value]


if SecurityBase is not None:

    class _Documented(SecurityBase):
        """A dependency that FastAPI takes for a security scheme, too. A request pays nothing for that."""

        scheme_name = _BEARER
        model = HTTPBearer(bearerFormat="JWT", description=_BEARER_TEXT)

        def __init__(self, function: Callable[..., Any]) -> None:
            self._function = function
            for name in ("__name__", "__qualname__", "__module__", "__doc__"):
                setattr(self, name, getattr(function, name))
            # FastAPI resolves the annotations with these two. With ``__wrapped__`` it would call the function itself.
            self.__signature__ = inspect.signature(function)
            self.__globals__ = function.__globals__

        def __call__(self, *args: Any, **kwargs: Any) -> Any:
            return self._function(*args, **kwargs)

    class _AsyncDocumented(_Documented):
        """The same for a coroutine function. FastAPI calls it on the event loop, and others in a thread."""

        async def __call__(self, *args: Any, **kwargs: Any) -> Any:
            return await self._function(*args, **kwargs)


def _object(member: str) -> dict[str, Any]:
    return {"type": "object", "properties": {member: {"type": "string"}}, "required": [member]}


def _response(description: str, text: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema, "example": {"error": text}}}}


# The second form is that of an HTTPException, with which ``require`` and ``get_auth_or_none`` refuse.
_REFUSAL = {"anyOf": [_object("error"), _object("detail")]}

auth_responses: dict[Union[int, str], dict[str, Any]] = {
    401: _response("No good credential", "Unauthorized", _object("error")),
    403: _response("Not permitted", "Forbidden", _REFUSAL),
    503: _response("Cannot be judged now; try again", "Service Unavailable", _REFUSAL),
}
"""For ``responses`` of an application, a router or a route: how the middleware, ``require`` and ``get_auth_or_none`` refuse."""


def document_auth(app: Any, *, project_id: Optional[str] = None, exclude: Paths = ()) -> None:
    """Declares for the operations of a FastAPI application that they need a token, and how requests are refused.

    For an application behind the middleware whose routes do not all have ``Depends(get_auth)``. It changes the
    application's OpenAPI document, and nothing that the middleware does.

    app: the FastAPI application.
    project_id: declares the cookie, too, whose name contains the project's ID. The middleware learns that ID with its first
        fetch, and the OpenAPI document has to be the same before it and after it.
    exclude: what the middleware has as ``exclude``. Operations under these paths need no token, and those with
        ``Depends(get_auth_or_none)`` take one. A path of the OpenAPI document has placeholders, such as ``/posts/{number}``.
        A regular expression has to match it as it stands, or with a digit in place of each whole number.
    """
    excluded = Excluded(exclude)
    plain: Callable[[], dict[str, Any]] = app.openapi
    schemes: dict[str, Any] = {
        _BEARER: {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": _BEARER_TEXT}
    }
    if project_id is not None:
        name = f"tesseral_{project_id}_access_token"
        schemes[_COOKIE] = {"type": "apiKey", "in": "cookie", "name": name, "description": _COOKIE_TEXT}

    def openapi() -> dict[str, Any]:
        # FastAPI keeps the document that it has made, and this changes that one: a second call has to change nothing more.
        document = plain()
        document.setdefault("components", {}).setdefault("securitySchemes", {}).update(schemes)
        for path, operations in document.get("paths", {}).items():
            for method in _METHODS & operations.keys():
                operation = operations[method]
                if not excluded.covers(path) and not excluded.covers(_with_numbers(path, operation)):
                    _declare(operation, [*schemes], auth_responses)
                # Under an excluded path ``get_auth`` raises, so that this operation has ``get_auth_or_none``.
                elif {_BEARER: []} in operation.get("security", ()):
                    _declare(operation, [*schemes], {503: auth_responses[503]}, optional=True)
        return document

    app.openapi = openapi


_METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace"})


def _with_numbers(path: str, operation: dict[str, Any]) -> str:
    """The path with a digit in place of each parameter that is a whole number."""
    for parameter in operation.get("parameters", ()):
        if parameter.get("in") == "path" and parameter.get("schema", {}).get("type") == "integer":
            path = path.replace(f"{{{parameter['name']}}}", "1")
    return path


def _declare(
    operation: dict[str, Any],
    schemes: list[str],
    refusals: dict[Union[int, str], dict[str, Any]],
    *,
    optional: bool = False,
) -> None:
    """Declares that a request has one of these credentials or, when they are ``optional``, none."""
    ours: list[dict[str, list[str]]] = [{name: []} for name in schemes]
    others = [other for other in operation.get("security", ()) if other and other not in ours]
    # A scheme of the application's own stays as it is: an empty requirement beside it would let it be left out, too.
    operation["security"] = [*([{}] if optional and not others else []), *ours, *others]
    responses = operation.setdefault("responses", {})
    for status, response in refusals.items():
        responses.setdefault(str(status), copy.deepcopy(response))
