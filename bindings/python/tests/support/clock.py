"""A clock of the test's own for the rulebook, and the middlewares' keepers, by which a test knows what is under way."""

from __future__ import annotations

import time
from typing import Any, Callable

import pytest

from tesseral_verify import _clock, _http
from tesseral_verify._keeper import Keeper
from tesseral_verify._rulebook import Moment


class FakeClock:
    """Runs ahead of both clocks. Backgrounds look at it all the time."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ahead = 0.0
        self.keepers: list[Keeper] = []
        now, init = _clock.now, Keeper.__init__

        def ahead() -> Moment:
            milliseconds = int(self.ahead * 1000)
            steady, wall = now()
            return Moment(steady + milliseconds, wall + milliseconds)

        def noted(keeper: Keeper, *arguments: Any) -> None:
            init(keeper, *arguments)
            self.keepers.append(keeper)

        monkeypatch.setattr(_clock, "now", ahead)
        monkeypatch.setattr(_http, "MAX_SLEEP_SECONDS", 0.02)
        monkeypatch.setattr(Keeper, "__init__", noted)

    def be_due(self) -> None:
        """A second after the next planned fetch is due."""
        for keeper in self.keepers:
            self.ahead += keeper._refresh.due_in(_clock.now(), keeper._rules) / 1000 + 1

    def is_settled(self) -> bool:
        """Whether no fetch is under way or due."""
        return not any(keeper._refresh.is_fetching(_clock.now(), keeper._rules) for keeper in self.keepers)

    def settle(self) -> None:
        """Waits for that, in a thread."""
        self.wait_for(self.is_settled)

    @staticmethod
    def wait_for(what: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 20
        while not what():
            assert time.monotonic() < deadline
            time.sleep(0.005)
