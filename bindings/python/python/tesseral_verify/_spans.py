"""Attributes of OpenTelemetry's current span, where its API is installed and the span records. No claim is among them."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from typing import Any, Callable, Optional

from ._log import log
from ._native import Auth

OTEL_INSTALLED = find_spec("opentelemetry") is not None
"""If it is false, no function of this module has to be called."""


def note_sender(auth: Auth) -> None:
    """Notes that a request was accepted."""
    try:
        current = _current_span()
        # Without a span, the context is empty. To find that out is much faster than to ask for the current span.
        context = None if current is None else sys.modules["opentelemetry.context"].get_current()
        if current is not None and context:
            span = current(context)
            if span.is_recording():
                span.set_attribute("tesseral.credentials_type", auth.credentials_type())
    except Exception as error:
        _failed(error)


def note_refusal(slug: str) -> None:
    """Notes that a request was refused for the reason of this slug."""
    try:
        current = _current_span()
        if current is not None:
            # A span that does not record takes no attribute.
            current().set_attribute("tesseral.refusal", slug)
    except Exception as error:
        _failed(error)


def _failed(error: Exception) -> None:
    """A tracer that fails must not fail the request."""
    log.debug("the current span took no attribute (%s)", type(error).__name__)


def _current_span() -> Optional[Callable[..., Any]]:
    """OpenTelemetry's function for the current span. None when the application has not loaded it: then no span records."""
    return getattr(sys.modules.get("opentelemetry.trace"), "get_current_span", None)
