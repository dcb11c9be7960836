"""When the configuration document is fetched: the rules alone, without a clock or a network.

``now`` is a monotonic time in seconds. Whoever drives this keeps to one fetch at a time and reports how each ended.
"""

from __future__ import annotations

import random
from typing import Callable, Optional

MAX_AGE_SECONDS = 86_400.0
"""How long the last good document serves while no newer one can be had."""

_FIRST_COOLDOWN_SECONDS = 10.0
_LAST_COOLDOWN_SECONDS = 60.0
_FIRST_RETRY_SECONDS = 1.0
_LAST_RETRY_SECONDS = 60.0


class Refresh:
    """Decides when a fetch is due."""

    def __init__(
        self,
        interval_seconds: float,
        *,
        max_age_seconds: float = MAX_AGE_SECONDS,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        # What is too old to serve has to be fetched before it is.
        self._interval = min(float(interval_seconds), max_age_seconds)
        self._max_age = max_age_seconds
        self._jitter = jitter
        self._loaded_at: Optional[float] = None
        self._next_fetch = float("-inf")
        self._retry = _FIRST_RETRY_SECONDS
        self._cooldown = _FIRST_COOLDOWN_SECONDS
        self._next_early_fetch = float("-inf")

    def usable(self, now: float) -> bool:
        """Whether the last good document may still serve."""
        return self._loaded_at is not None and now - self._loaded_at <= self._max_age

    def due(self, now: float) -> bool:
        """Whether it is time to fetch, for the first time, before expiry, or once more after a failure."""
        return now >= self._next_fetch

    def unknown_kid(self, now: float) -> bool:
        """Whether an unknown ``kid`` is worth an early fetch: once in each cooldown, whatever ``kid`` it is."""
        if now < self._next_early_fetch:
            return False
        self._next_early_fetch = now + self._cooldown
        self._cooldown = min(self._cooldown * 2, _LAST_COOLDOWN_SECONDS)
        return True

    def succeeded(self, now: float, *, changed: bool) -> None:
        """A fetch brought a good document; ``changed``: with other keys than the one before."""
        self._loaded_at = now
        # Servers that started together drift apart: 80 to 95 % of the interval.
        self._next_fetch = now + self._interval * (0.8 + 0.15 * self._jitter())
        self._retry = _FIRST_RETRY_SECONDS
        if changed:
            self._cooldown = _FIRST_COOLDOWN_SECONDS

    def failed(self, now: float) -> None:
        """A fetch brought nothing good; the document before it stays."""
        self._next_fetch = now + self._retry * (0.5 + 0.5 * self._jitter())
        self._retry = min(self._retry * 2, _LAST_RETRY_SECONDS)
