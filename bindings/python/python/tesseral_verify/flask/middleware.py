"""The hook, which authenticates requests, and refuses those without a good credential."""

from __future__ import annotations

from functools import wraps
from typing import Any, Callable, Optional, TypeVar

from flask import abort, current_app, make_response, request
from werkzeug.wrappers import Request

from .._auth import Auth
from .._challenge import challenge
from .._exclude import Excluded, Paths
from .._http import Client
from .._refusal_body import Refusals, WriteBody
from .._refusals import note_refusal
from .._revoked import RevokedNow
from .._settings import Settings, backend_api_key
from .._sync import SyncAuthenticator
from .._unjudged import Unjudged
from ..errors import TesseralError
from ._hook import Hook, Refusal as _Refusal, with_authenticator
from .context import ATTRIBUTE, found, has_permission

_View = TypeVar("_View", bound=Callable[..., Any])


def require(action: str) -> Callable[[_View], _View]:
    """A decorator for views: answers 403 unless the requester has permission to carry out the action.

    The hook's ``refusal_body`` writes the body. Its error has the slug ``permission_missing``.
    """

    def decorate(view: _View) -> _View:
        @wraps(view)
        def permitted(*args: Any, **kwargs: Any) -> Any:
            if not has_permission(action):
                return _response(TesseralError("permission_missing"), getattr(request, _REFUSALS))
            return current_app.ensure_sync(view)(*args, **kwargs)

        return permitted  # type: ignore[return-value]

    return decorate


def require_auth(
    *,
    publishable_key: str,
    config_api_hostname: str = "config.tesseral.com",
    jwks_refresh_interval_seconds: int = 3600,
    http_client: Optional[Client] = None,
    api_keys_enabled: bool = False,
    tesseral_client: Optional[Any] = None,
    backend_api_hostname: str = "api.tesseral.com",
    leeway_seconds: int = 0,
    www_authenticate: bool = False,
    exclude: Paths = (),
    refusal_body: Optional[WriteBody] = None,
    revoked: Optional[RevokedNow] = None,
) -> Hook:
    """A function for ``app.before_request``; its attribute ``access_token_authenticator`` is for probes and metrics.

    A request without a good credential gets 401. One with an API key gets 403 where API keys are switched off. One that
    cannot be judged now, since the keys or the answer about an API key are missing, gets 503. OPTIONS requests pass.

    publishable_key: names the project's configuration document.
    config_api_hostname: host, or host:port, of the config API.
    jwks_refresh_interval_seconds: the age before which a newer document is fetched, in the background.
    http_client: makes every fetch of the document, when given.
    api_keys_enabled: whether requests may carry an API key.
    tesseral_client: a Tesseral; makes every lookup of an API key, when given. Otherwise the environment variable
        TESSERAL_BACKEND_API_KEY holds the key to ask with.
    backend_api_hostname: host, or host:port, of the API that is asked without a tesseral_client.
    leeway_seconds: how far the clocks of the issuer and of this machine may be apart, 0 to 300.
    www_authenticate: whether a 401 has the header field WWW-Authenticate, which HTTP asks for and Tesseral's package omits.
    exclude: paths and compiled regular expressions. Requests for these paths are not authenticated, and have no sender. A
        path covers everything beneath it. The compared path is ``request.path``, by which Flask chooses the view.
    refusal_body: a function that writes the body of a refusal. It gets the TesseralError, and returns bytes, text, a dict or
        a list, or a pair of one of these and its media type. When it fails, the refusal has its default body.
    revoked: the list of revoked sessions and users, or a function that returns the current one. The function is called for
        each access token. What it raises goes on to the application, and the request does not pass.

    Raises RuntimeError when API keys are on and there is neither a client nor a key. It starts no thread, no task and no
    connection before the first request.
    """
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
    authenticator = SyncAuthenticator(settings, http_client, tesseral_client or None)
    excluded, refusals = Excluded(exclude), Refusals(refusal_body)

    def refuse(error: TesseralError) -> _Refusal:
        if error.http_status not in _BODIES:
            raise error
        note_refusal(error.slug)
        body, status, fields = _response(error, refusals)
        if www_authenticate and status == 401:
            fields["WWW-Authenticate"] = challenge(error.slug)
        return body, status, fields

    def before_request_require_auth() -> Optional[_Refusal]:
        # What another hook has left, perhaps one of another project, does not count here.
        setattr(request, ATTRIBUTE, _Unjudged(authenticator, refuse))
        setattr(request, _REFUSALS, refusals)
        if request.method == "OPTIONS" or (excluded.covers(request.path) and excluded.covers(_routed_path())):
            return None
        try:
            setattr(request, ATTRIBUTE, Auth(authenticator.authenticate(_presented())))
        except TesseralError as error:
            return refuse(error)
        return None

    return with_authenticator(before_request_require_auth, authenticator)


def get_auth_or_none() -> Optional[Auth]:
    """Who sent the request, or None. For views under an excluded path that want the sender if there is one.

    It authenticates the request. A refused credential counts as none, since a visitor whose cookie has expired is a visitor;
    a log line tells the reason. When the credential cannot be judged now, it aborts with 503, since an unknown sender is
    not the same as no sender. Requests without a credential do not wait for the keys.

    Raises RuntimeError when no ``require_auth`` has seen the request.
    """
    auth = found()
    if isinstance(auth, Auth):
        return auth
    if not isinstance(auth, _Unjudged):
        raise RuntimeError("Called get_auth_or_none() for a request that no require_auth has seen.")
    try:
        return auth.sender(_presented())
    except TesseralError as error:
        abort(make_response(auth.refuse(error)))


class _Unjudged(Unjudged):
    __slots__ = ("refuse",)

    def __init__(self, authenticator: SyncAuthenticator, refuse: Callable[[TesseralError], _Refusal]) -> None:
        super().__init__(authenticator)
        self.refuse = refuse


def _routed_path() -> str:
    """The path by which Flask chooses the view: that of ``request``, unless the application's ``request_class`` changes it."""
    return Request(request.environ, populate_request=False, shallow=True).path


def _response(error: TesseralError, refusals: Refusals) -> _Refusal:
    status, written = error.http_status, refusals.written(error)
    return (_BODIES[status], status, {}) if written is None else (written[0], status, {"Content-Type": written[1]})


def _presented() -> list[tuple[str, str]]:
    return [(name, request.environ[key]) for name, key in _VARIABLES if key in request.environ]


_VARIABLES = (("authorization", "HTTP_AUTHORIZATION"), ("cookie", "HTTP_COOKIE"))

_REFUSALS = "_tesseral_refusals"
"""The attribute of the request object under which ``require`` finds how the hook refuses."""

_BODIES = {401: "Unauthorized", 403: "Forbidden", 503: "Service Unavailable"}
