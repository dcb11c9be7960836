"""The middleware, which authenticates requests, and the decorators, which refuse those without a good credential."""

from __future__ import annotations

import os
from functools import cached_property, wraps
from importlib import import_module
from typing import Any, Callable, Optional, TypeVar

from asgiref.sync import iscoroutinefunction
from django.conf import settings as django_settings  # type: ignore[import-untyped]
from django.http import HttpRequest, HttpResponse  # type: ignore[import-untyped]
from django.utils.asyncio import async_unsafe  # type: ignore[import-untyped]
from django.utils.deprecation import MiddlewareMixin  # type: ignore[import-untyped]
from django.utils.module_loading import import_string  # type: ignore[import-untyped]
from django.views.decorators.debug import sensitive_variables  # type: ignore[import-untyped]

from .._auth import Auth
from .._exclude import Excluded
from .._log import log
from .._refusal_body import Refusals
from .._refusals import note_refusal
from .._settings import BACKEND_API_KEY_VARIABLE, Settings
from .._sync import SyncAuthenticator
from .._unjudged import Unjudged, may_carry, take_for_nobody
from ..errors import TesseralError
from ._headers import presented
from ._seen import Seen, refuse
from .context import ATTRIBUTE, AUTHENTICATOR


class AuthMiddleware(MiddlewareMixin):  # type: ignore[misc]
    """Authenticates each request. ``require_auth`` refuses those without a good credential.

    Settings: TESSERAL_PUBLISHABLE_KEY, TESSERAL_CONFIG_API_HOSTNAME, TESSERAL_JWKS_REFRESH_INTERVAL_SECONDS,
    TESSERAL_API_KEYS_ENABLED, TESSERAL_BACKEND_API_KEY (else the environment variable of this name),
    TESSERAL_BACKEND_API_HOSTNAME, TESSERAL_LEEWAY_SECONDS (0 to 300), TESSERAL_WWW_AUTHENTICATE (whether a 401 has the
    header field WWW-Authenticate), TESSERAL_EXCLUDE, TESSERAL_REFUSAL_BODY and TESSERAL_REVOKED. Raises RuntimeError when
    API keys are on and there is no backend API key. Nothing is started before the first request.

    TESSERAL_EXCLUDE: paths and compiled regular expressions. Requests for these paths are not authenticated, and have no
        sender. A path covers everything beneath it. The compared path is ``request.path_info``, by which Django chooses the
        view.
    TESSERAL_REFUSAL_BODY: a function, or its dotted name, that writes the body of a refusal. It gets the TesseralError, and
        returns bytes, text, a dict or a list, or a pair of one of these and its media type. When it fails, the refusal has
        its default body.
    TESSERAL_REVOKED: the list of revoked sessions and users, or a function, or its dotted name, that returns the current
        one. The function is called for each access token. What it raises goes on to Django, and the request does not pass.
    """

    def __init__(self, get_response: Any = None) -> None:
        super().__init__(get_response)
        settings = Settings(
            publishable_key=_setting("PUBLISHABLE_KEY", ""),
            config_api_hostname=_setting("CONFIG_API_HOSTNAME", "config.tesseral.com"),
            backend_api_hostname=_setting("BACKEND_API_HOSTNAME", "api.tesseral.com"),
            jwks_refresh_interval_seconds=_setting("JWKS_REFRESH_INTERVAL_SECONDS", 3600),
            api_keys_enabled=_setting("API_KEYS_ENABLED", False),
            backend_api_key=_setting("BACKEND_API_KEY", os.environ.get(BACKEND_API_KEY_VARIABLE)),
            leeway_seconds=_setting("LEEWAY_SECONDS", 0),
            revoked=_named("REVOKED"),
        )
        if settings.api_keys_enabled and not settings.backend_api_key:
            raise RuntimeError(
                "If api_keys_enabled is True, you must provide TESSERAL_BACKEND_API_KEY in the environment."
            )
        self._refusals = Refusals(_named("REFUSAL_BODY"))
        self._excluded = Excluded(_setting("EXCLUDE", ()))
        self.publishable_key = settings.publishable_key
        self.config_api_hostname = settings.config_api_hostname
        self.jwks_refresh_interval_seconds = settings.jwks_refresh_interval_seconds
        self.api_keys_enabled = settings.api_keys_enabled
        self.backend_api_key = settings.backend_api_key
        self.access_token_authenticator = SyncAuthenticator(settings, None, None)

    @cached_property
    def project_id(self) -> str:
        """The project's ID. Raises TesseralError when there is no document, and none can be fetched."""
        return self.access_token_authenticator.project_id()

    @cached_property
    def tesseral_client(self) -> Any:
        """A client for the application's own use, which needs tesseral-sdk."""
        return import_module("tesseral").Tesseral(backend_api_key=self.backend_api_key)

    def process_request(self, request: HttpRequest) -> None:
        """Leaves the sender with the request, or the reason why there is none."""
        setattr(request, AUTHENTICATOR, self.access_token_authenticator)
        # An outer middleware may pass one request on several times, with other headers each time.
        vars(request).pop(ATTRIBUTE, None)
        seen = Seen(Unjudged(self.access_token_authenticator), self._refusals)
        seen.stay_with(request)
        if self._excluded.covers(request.path_info):
            return
        try:
            setattr(request, ATTRIBUTE, self._sender(request))
        except TesseralError as error:
            seen.error = error

    # Reports of errors to ADMINS show the variables of all frames, also of those within: headers are among them.
    @sensitive_variables()  # type: ignore[untyped-decorator]
    def _sender(self, request: HttpRequest) -> Auth:
        return Auth(self.access_token_authenticator.authenticate(presented(request)))

    def process_exception(self, request: HttpRequest, error: Exception) -> Optional[HttpResponse]:
        """Answers 503 when ``get_auth_or_none`` has raised in a view, since the credential cannot be judged now."""
        seen = Seen.of(request)
        return refuse(seen.error, seen.refusals) if seen is not None and error is seen.error else None


def get_auth_or_none(request: HttpRequest) -> Optional[Auth]:
    """Who sent the request, or None. For views without ``require_auth`` that want the sender if there is one.

    A refused credential counts as none, since a visitor whose cookie has expired is a visitor; a log line tells the reason.
    When the credential cannot be judged now, it raises TesseralError, and the middleware answers 503: an unknown sender is
    not the same as no sender. Under an excluded path it authenticates the request itself, and requests without a credential
    do not wait for the keys.

    Raises RuntimeError when no AuthMiddleware has seen the request, and SynchronousOnlyOperation when it had to judge on an
    event loop, which would stand still: an asynchronous view calls ``await sync_to_async(get_auth_or_none)(request)``.
    """
    auth, seen = getattr(request, ATTRIBUTE, None), Seen.of(request)
    if isinstance(auth, Auth):
        return auth
    if seen is None:
        raise RuntimeError("Called get_auth_or_none() for a request that no AuthMiddleware has seen.")
    if seen.error is None:
        found: Optional[Auth] = _judge(seen, request)
        return found
    if may_carry(presented(request)):
        take_for_nobody(seen.error)
    return None


@async_unsafe  # type: ignore[untyped-decorator]
@sensitive_variables()  # type: ignore[untyped-decorator]
def _judge(seen: Seen, request: HttpRequest) -> Optional[Auth]:
    try:
        return seen.unjudged.sender(presented(request))
    except TesseralError as error:
        seen.error = error
        raise


_View = TypeVar("_View", bound=Callable[..., Any])


def require(action: str) -> Callable[[_View], _View]:
    """As ``require_auth``, and answers 403 unless the requester has permission to carry out the action.

    TESSERAL_REFUSAL_BODY writes the body of that, too. Its error has the slug ``permission_missing``.
    """
    return lambda view: _protect(view, action)


def require_auth(view_func: _View) -> _View:
    """Lets only authenticated requests reach the view.

    A view is a function, what ``as_view()`` returns, a method that takes a request (``get``, ``dispatch``), or a class with
    ``dispatch``; synchronous or asynchronous. Other requests get 401, and so does each request for an excluded path. One
    with an API key gets 403 where API keys are switched off. One that cannot be judged now gets 503.
    """
    return _protect(view_func, None)


def _protect(view_func: _View, action: Optional[str]) -> _View:
    view: Any = view_func
    if isinstance(view, type):
        view.dispatch = _protect(view.dispatch, action)  # type: ignore[attr-defined]
        return view_func
    if iscoroutinefunction(view):

        @wraps(view)
        async def wrapped(*args: Any, **kwargs: Any) -> Any:
            return _refusal(_request(args, kwargs), action) or await view(*args, **kwargs)

        return wrapped  # type: ignore[return-value]

    @wraps(view)
    def wrapped_view(*args: Any, **kwargs: Any) -> Any:
        return _refusal(_request(args, kwargs), action) or view(*args, **kwargs)

    return wrapped_view  # type: ignore[return-value]


def _request(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The request among a view's arguments. It is the first one, or the second one of a method."""
    for argument in (*args[:2], kwargs.get("request")):
        # Django's request, or that of Django REST framework, which wraps it.
        if hasattr(argument, "META"):
            return argument
    raise TypeError("@require_auth decorates something that is called without a request")


def _refusal(request: Any, action: Optional[str]) -> Any:
    auth, seen = getattr(request, ATTRIBUTE, None), Seen.of(request)
    if isinstance(auth, Auth):
        if action is None or auth.has_permission(action):
            return None
        return refuse(TesseralError("permission_missing"), None if seen is None else seen.refusals)
    if seen is not None and seen.error is None:
        log.info("the view asks for authentication, but TESSERAL_EXCLUDE has its path")
    error = TesseralError("credentials_missing") if seen is None or seen.error is None else seen.error
    refusal = refuse(error, None if seen is None else seen.refusals)
    note_refusal(error.slug)
    return refusal


def _setting(name: str, default: Any) -> Any:
    return getattr(django_settings, f"TESSERAL_{name}", default)


def _named(name: str) -> Any:
    """A setting whose value may be a dotted name."""
    value = _setting(name, None)
    return import_string(value) if isinstance(value, str) else value
