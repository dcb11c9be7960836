"""What the middleware leaves with a request beside its sender, and responses that refuse it."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, Optional

from django.conf import settings as django_settings  # type: ignore[import-untyped]
from django.http import HttpRequest, HttpResponse, JsonResponse  # type: ignore[import-untyped]

from .._challenge import challenge
from .._refusal_body import Refusals
from .._unjudged import Unjudged
from ..errors import TesseralError

_ATTRIBUTE = "_tesseral_seen"

TEXTS = {401: "Unauthorized", 403: "Forbidden", 503: "Service Unavailable"}


class Seen:
    """What the middleware leaves with a request: how to authenticate it, how to refuse it, and why it has no sender."""

    def __init__(self, unjudged: Unjudged, refusals: Refusals) -> None:
        self.unjudged = unjudged
        self.refusals = refusals
        self.error: Optional[TesseralError] = None

    @staticmethod
    def of(request: Any) -> Optional[Seen]:
        seen = getattr(request, _ATTRIBUTE, None)
        return seen if isinstance(seen, Seen) else None

    def stay_with(self, request: HttpRequest) -> None:
        setattr(request, _ATTRIBUTE, self)


class _Awaitable:
    """A response that may be awaited, too. Django awaits what a ``dispatch`` returns for asynchronous views."""

    def __await__(self) -> Generator[None, None, _Awaitable]:
        return self
        yield


class Refusal(_Awaitable, JsonResponse):  # type: ignore[misc]
    """A refusal with the default body."""

    def __init__(self, status: int) -> None:
        super().__init__({"error": TEXTS[status]}, status=status)


class WrittenRefusal(_Awaitable, HttpResponse):  # type: ignore[misc]
    """A refusal with a body that the application has written."""


def refuse(error: TesseralError, refusals: Optional[Refusals]) -> HttpResponse:
    """The response to a request that is refused for this reason."""
    status = error.http_status
    if status not in TEXTS:
        raise error
    written = None if refusals is None else refusals.written(error)
    refusal = Refusal(status) if written is None else WrittenRefusal(written[0], written[1], status)
    if status == 401 and getattr(django_settings, "TESSERAL_WWW_AUTHENTICATE", False):
        refusal["WWW-Authenticate"] = challenge(error.slug)
    return refusal
