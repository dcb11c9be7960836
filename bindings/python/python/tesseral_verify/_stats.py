"""How a middleware stands, and what it has done: for probes and metrics."""

from __future__ import annotations

from typing import Optional

from ._store import Store


class Observable:
    """The part of an authenticator that says something of itself. Each process counts for itself; nothing here waits."""

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
