"""How a route of an ASGI application reaches the authenticator of the middleware around it."""

from __future__ import annotations

from starlette.requests import HTTPConnection

from ._async import AsyncAuthenticator

AUTHENTICATOR = "tesseral_verify.authenticator"
"""The key of the scope under which the middleware leaves it, also for requests that it lets pass unjudged."""


def get_authenticator(request: HTTPConnection) -> AsyncAuthenticator:
    """The authenticator of the innermost RequireAuthMiddleware that the request came through; for ``Depends``.

    Raises RuntimeError when there is none.
    """
    authenticator = request.scope.get(AUTHENTICATOR)
    if not isinstance(authenticator, AsyncAuthenticator):
        raise RuntimeError("Called get_authenticator() without RequireAuthMiddleware around the application.")
    return authenticator
