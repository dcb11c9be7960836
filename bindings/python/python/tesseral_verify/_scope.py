"""What the middleware leaves in the ASGI scope of each request: its authenticator, for probes and metrics."""

from __future__ import annotations

from starlette.requests import HTTPConnection

from ._async import AsyncAuthenticator

AUTHENTICATOR = "tesseral_verify.authenticator"
"""The key of the scope. It is there for requests under excluded paths, too."""


def get_authenticator(request: HTTPConnection) -> AsyncAuthenticator:
    """For ``Depends``: the authenticator of the innermost RequireAuthMiddleware that the request came through.

    Raises RuntimeError when there is no such middleware.
    """
    authenticator = request.scope.get(AUTHENTICATOR)
    if not isinstance(authenticator, AsyncAuthenticator):
        raise RuntimeError("Called get_authenticator() without RequireAuthMiddleware around the application.")
    return authenticator
