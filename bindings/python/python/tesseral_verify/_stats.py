"""The state and the counts of a middleware, for probes and metrics."""

from __future__ import annotations

from typing import Optional

from ._store import Store


class Observable:
    """What an authenticator has for probes and metrics. Each process counts for itself. No method here waits."""

    _store: Store

    def not_ready_reason(self) -> Optional[str]:
        """None when requests can be accepted, else why not: one line of text."""
        return self._store.stats().not_ready_reason()

    def stats_json(self) -> str:
        """All numbers of this process at this moment, as one JSON object."""
        return self._store.stats().to_json()

    def stats_prometheus(self) -> str:
        """All numbers of this process at this moment, in the text format of Prometheus, with the labels project and pid."""
        return self._store.stats().to_prometheus()
