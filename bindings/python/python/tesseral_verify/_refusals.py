"""What each refusal leaves, with all frameworks: one line in the log, and an attribute of the current span."""

from __future__ import annotations

from . import _spans
from ._log import log


def note_refusal(slug: str) -> None:
    """Notes that a request is answered with 401, 403 or 503 for the reason of this slug."""
    log.info("request refused: %s", slug)
    if _spans.OTEL_INSTALLED:
        _spans.note_refusal(slug)
