"""A clock for the rulebook that a test moves, and the middlewares' stores, which tell a test what is under way."""

from __future__ import annotations

import time
from typing import Any, Callable

import pytest

from tesseral_verify import _clock, _http
from tesseral_verify._store import Store
from tesseral_verify._rulebook import Moment


class FakeClock:
    """A clock ahead of both real ones. Backgrounds read it all the time."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ahead = 0.0
        self.stores: list[Store] = []
        now, init = _clock.now, Store.__init__

        def ahead() -> Moment:
            milliseconds = int(self.ahead * 1000)
            steady, wall = now()
            return Moment(steady + milliseconds, wall + milliseconds)

        def noted(store: Store, *arguments: Any) -> None:
            init(store, *arguments)
            self.stores.append(store)

        monkeypatch.setattr(_clock, "now", ahead)
        monkeypatch.setattr(_http, "MAX_SLEEP_SECONDS", 0.02)
        monkeypatch.setattr(Store, "__init__", noted)

    def be_due(self) -> None:
        """A second after the next planned fetch is due."""
        for store in self.stores:
            self.ahead += store._refresh.due_in(_clock.now(), store._rules) / 1000 + 1

    def is_settled(self) -> bool:
        """Whether no fetch is under way or due."""
        return not any(store._refresh.is_fetching(_clock.now(), store._rules) for store in self.stores)

    def settle(self) -> None:
        """Waits for that, in a thread."""
        self.wait_for(self.is_settled)

    @staticmethod
    def wait_for(what: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 20
        while not what():
            assert time.monotonic() < deadline
            time.sleep(0.005)
