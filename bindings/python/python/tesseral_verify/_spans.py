"""Attributes of OpenTelemetry's current span, where its API is installed and the span records. No claim is among them."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from typing import Any, Optional

from ._native import Auth

OTEL_INSTALLED = find_spec("opentelemetry") is not None
"""Without it, nobody has to call anything here."""


def note_sender(auth: Auth) -> None:
    """A request was accepted."""
    span = _recording()
    if span is not None:
        span.set_attribute("tesseral.credentials_type", auth.credentials_type())


def note_refusal(slug: str) -> None:
    """A request was refused for the reason of this slug."""
    span = _recording()
    if span is not None:
        span.set_attribute("tesseral.refusal", slug)


def _recording() -> Optional[Any]:
    """The current span, when it records."""
    # Whoever records has loaded this. Nobody else has to wait until it is.
    api = sys.modules.get("opentelemetry.trace")
    if api is None:
        return None
    # Empty without a span, and much faster to find than a span that records nothing.
    context = sys.modules["opentelemetry.context"].get_current()
    if not context:
        return None
    span = api.get_current_span(context)
    return span if span.is_recording() else None
