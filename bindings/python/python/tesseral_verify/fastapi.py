"""A drop-in for tesseral_fastapi: a middleware that lets authenticated requests through, and functions for their sender.

It is plain ASGI. So it works for Starlette and every other ASGI application, and does not buffer streams.
"""

from __future__ import annotations

from collections.abc import Awaitable
from functools import cached_property
from importlib import import_module
from typing import Any, Callable, Optional

from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

try:
    # A subclass of Starlette's: handlers of either one handle it.
    from fastapi import HTTPException
except ImportError:  # Starlette alone
    from starlette.exceptions import HTTPException  # type: ignore[assignment]

from ._async import AsyncAuthenticator
from ._auth import Auth
from ._challenge import challenge
from ._exclude import Excluded, Paths
from ._http import AsyncClient
from ._openapi import auth_responses, document_auth, documented
from ._refusal_body import Refusals, WriteBody
from ._refusals import note_refusal
from ._revoked import RevokedNow
from ._route_path import route_path_of
from ._scope import AUTHENTICATOR, get_authenticator
from ._settings import Settings, backend_api_key
from ._unjudged import AsyncUnjudged
from .errors import NotAnAccessTokenError, TesseralError

__all__ = [
    "AsyncAuthenticator",
    "Auth",
    "NotAnAccessTokenError",
    "RequireAuthMiddleware",
    "auth_responses",
    "document_auth",
    "get_auth",
    "get_auth_or_none",
    "get_authenticator",
    "require",
]


class RequireAuthMiddleware:
    """Authenticates requests and WebSocket handshakes.

    A request without a good credential gets 401. One with an API key gets 403 where API keys are switched off. One that
    cannot be judged now, since the keys or the answer about an API key are missing, gets 503. ``get_auth`` gives the sender
    of all others.

    publishable_key: names the project's configuration document.
    config_api_hostname: host, or host:port, of the config API.
    jwks_refresh_interval_seconds: the age before which a newer document is fetched, in the background.
    http_client: makes every fetch of the document, when given.
    api_keys_enabled: whether requests may carry an API key.
    tesseral_client: an AsyncTesseral; makes every lookup of an API key, when given. Otherwise the environment variable
        TESSERAL_BACKEND_API_KEY holds the key to ask with.
    backend_api_hostname: host, or host:port, of the API that is asked without a tesseral_client.
    leeway_seconds: how far the clocks of the issuer and of this machine may be apart, 0 to 300.
    www_authenticate: whether a 401 has the header field WWW-Authenticate, which HTTP asks for and Tesseral's package omits.
    exclude: paths and compiled regular expressions. Requests for these paths are not authenticated, and have no sender. A
        path covers everything beneath it. The compared path is the one by which the application chooses the route.
    refusal_body: a function that writes the body of a refusal. It gets the TesseralError, and returns bytes, text, a dict or
        a list, or a pair of one of these and its media type. When it fails, the refusal has its default body.
    revoked: the list of revoked sessions and users, or a function that returns the current one. The function is called for
        each access token. What it raises goes on to the application, and the request does not pass.

    Raises RuntimeError when API keys are on and there is neither a client nor a key. It starts no thread, no task and no
    connection before the first request.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        publishable_key: str,
        config_api_hostname: str = "config.tesseral.com",
        jwks_refresh_interval_seconds: int = 3600,
        http_client: Optional[AsyncClient] = None,
        api_keys_enabled: bool = False,
        tesseral_client: Optional[Any] = None,
        backend_api_hostname: str = "api.tesseral.com",
        leeway_seconds: int = 0,
        www_authenticate: bool = False,
        exclude: Paths = (),
        refusal_body: Optional[WriteBody] = None,
        revoked: Optional[RevokedNow] = None,
    ) -> None:
        settings = Settings(
            publishable_key=publishable_key,
            config_api_hostname=config_api_hostname,
            backend_api_hostname=backend_api_hostname,
            jwks_refresh_interval_seconds=jwks_refresh_interval_seconds,
            api_keys_enabled=api_keys_enabled,
            backend_api_key=backend_api_key(api_keys_enabled, bool(tesseral_client)),
            leeway_seconds=leeway_seconds,
            revoked=revoked,
        )
        self.app = app
        self.publishable_key = publishable_key
        self.config_api_hostname = config_api_hostname
        self.jwks_refresh_interval_seconds = jwks_refresh_interval_seconds
        self.api_keys_enabled = api_keys_enabled
        self.access_token_authenticator = AsyncAuthenticator(settings, http_client, tesseral_client or None)
        self._http_client, self._tesseral_client = http_client, tesseral_client
        self._www_authenticate = www_authenticate
        self._excluded, self._refusals = Excluded(exclude), Refusals(refusal_body)
        self._route_path = route_path_of(app) if self._excluded else None
        # Only for a subclass with a ``dispatch`` of its own: streams pass it through a queue.
        overridden = type(self).dispatch is not RequireAuthMiddleware.dispatch
        self._dispatching = BaseHTTPMiddleware(app, self.dispatch) if overridden else None

    @cached_property
    def http_client(self) -> AsyncClient:
        """The client that was given, or one for the application's own use."""
        return self._http_client or AsyncClient()

    @cached_property
    def tesseral_client(self) -> Any:
        """The client that was given, or one for the application's own use, which needs tesseral-sdk."""
        return self._tesseral_client or import_module("tesseral").AsyncTesseral()

    async def dispatch(self, request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        """Authenticates one HTTP request, for subclasses that let some pass: ``return await call_next(request)``.

        Such requests have no sender. WebSocket handshakes do not come here. Only ``exclude`` lets them pass.
        """
        refusal = await self._judge(request.scope)
        if refusal is None:
            return await call_next(request)
        body, fields = self._answer(refusal)
        response = Response(body, refusal.http_status)
        for name, value in fields:
            response.headers[name.decode()] = value.decode()
        return response

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = scope["type"]
        if kind != "http" and kind != "websocket":
            await self.app(scope, receive, send)
            return
        # A sender that is here already is that of an outer middleware or, where a server gives several requests one scope,
        # of another request. A request that passes without authentication has none.
        scope[_KEY] = AsyncUnjudged(self.access_token_authenticator)
        scope[AUTHENTICATOR] = self.access_token_authenticator
        if kind == "http" and self._dispatching is not None:
            await self._dispatching(scope, receive, send)
            return
        refusal = await self._judge(scope)
        if refusal is None:
            await self.app(scope, receive, send)
        else:
            refuse = _refuse if kind == "http" else _refuse_handshake
            await refuse(scope, receive, send, refusal.http_status, *self._answer(refusal))

    def _answer(self, refusal: TesseralError) -> tuple[bytes, _Fields]:
        """The body of a refusal, and its header fields."""
        status = refusal.http_status
        body, media_type = self._refusals.written(refusal) or (_BODIES[status], "application/json")
        fields = [(b"content-length", str(len(body)).encode()), (b"content-type", media_type.encode())]
        if self._www_authenticate and status == 401:
            fields.append((b"www-authenticate", challenge(refusal.slug).encode()))
        return body, fields

    async def _judge(self, scope: Scope) -> Optional[TesseralError]:
        """Leaves the sender in the scope, unless the path is excluded. Returns the reason if the request is refused."""
        if self._route_path is not None and self._excluded.covers(self._route_path(scope)):
            return None
        try:
            scope[_KEY] = Auth(await self.access_token_authenticator.authenticate(scope["headers"]))
        except TesseralError as error:
            if error.http_status not in _BODIES:
                raise
            note_refusal(error.slug)
            return error
        return None


@documented
def get_auth(request: HTTPConnection) -> Auth:
    """For ``Depends``: who sent the request. In routes and WebSocket routes.

    Raises RuntimeError when no RequireAuthMiddleware has authenticated the request.
    """
    auth = request.scope.get(_KEY)
    if not isinstance(auth, Auth):
        raise RuntimeError(
            "Called get_auth() outside of an authenticated request. "
            "Did you forget to use RequireAuthMiddleware, or is the path excluded?"
        )
    return auth


@documented
async def get_auth_or_none(request: HTTPConnection) -> Optional[Auth]:
    """For ``Depends``: who sent the request, or None. For routes under an excluded path that want the sender if there is one.

    It authenticates the request. A refused credential counts as none, since a visitor whose cookie has expired is a visitor;
    a log line tells the reason. When the credential cannot be judged now, it raises HTTPException with 503, since an
    unknown sender is not the same as no sender. Requests without a credential do not wait for the keys.

    Raises RuntimeError when no RequireAuthMiddleware has seen the request.
    """
    found = request.scope.get(_KEY)
    if isinstance(found, Auth):
        return found
    if not isinstance(found, AsyncUnjudged):
        raise RuntimeError("Called get_auth_or_none() for a request that no RequireAuthMiddleware has seen.")
    try:
        return await found.sender(request.scope["headers"])
    except TesseralError as error:
        if error.http_status != 503:
            raise
        raise HTTPException(503) from None


def require(action: str) -> Callable[[HTTPConnection], Auth]:
    """For ``Depends``: who sent the request. Raises HTTPException with 403 unless the sender has this permission.

    The application's exception handlers write the body of that answer, and not ``refusal_body``.
    """

    @documented
    def permitted(request: HTTPConnection) -> Auth:
        auth = get_auth(request)
        if not auth.has_permission(action):
            raise HTTPException(403)
        return auth

    return permitted


# A key of the scope itself, which belongs to one request. hypercorn up to 0.17.3 gives all requests of a connection the
# same dictionary scope["state"].
_KEY = "tesseral_verify.auth"

_BODIES = {
    401: b'{"error":"Unauthorized"}',
    403: b'{"error":"Forbidden"}',
    503: b'{"error":"Service Unavailable"}',
}


_Fields = list[tuple[bytes, bytes]]


async def _refuse(scope: Scope, receive: Receive, send: Send, status: int, body: bytes, fields: _Fields) -> None:
    await _respond(send, "http.response", status, body, fields)


async def _refuse_handshake(
    scope: Scope, receive: Receive, send: Send, status: int, body: bytes, fields: _Fields
) -> None:
    await receive()  # websocket.connect
    if "websocket.http.response" in (scope.get("extensions") or {}):
        await _respond(send, "websocket.http.response", status, body, fields)
    else:
        await send({"type": "websocket.close", "code": 1008, "reason": ""})


async def _respond(send: Send, kind: str, status: int, body: bytes, fields: _Fields) -> None:
    await send({"type": f"{kind}.start", "status": status, "headers": fields})
    await send({"type": f"{kind}.body", "body": body})
