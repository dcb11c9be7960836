"""Requests that wait for a fetch of the document, or for an answer about an API key, in any thread or event loop."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Callable

Wake = Callable[[], None]


class Waiters:
    """Callbacks by topic. There is no lock, since a process may fork at any time.

    Each step is one atomic operation of a dictionary or a list, and threads may interleave between two steps. So ``ended``
    may count two exchanges that end at the same moment as one. No request misses either of them: the rulebook knows the
    result of an exchange before ``end`` reads the number. A request that finds the new number finds both results.
    """

    def __init__(self) -> None:
        self.ended = 0
        """How many exchanges have ended. When the number has changed, a request asks the rulebook again."""
        self._waiting: dict[Hashable, list[Wake]] = {}

    def add(self, topic: Hashable, wake: Wake, seen: int) -> bool:
        """Has ``wake`` called when an exchange on the topic ends. False if any has ended since ``ended`` was ``seen``."""
        self._waiting.setdefault(topic, []).append(wake)
        if self.ended != seen:
            self.discard(topic, wake)
            return False
        return True

    def discard(self, topic: Hashable, wake: Wake) -> None:
        """Forgets the callback of a request that waits no more."""
        waiting = self._waiting.get(topic, [])
        if wake in waiting:
            waiting.remove(wake)

    def end(self, topic: Hashable) -> None:
        """An exchange on the topic has ended."""
        self.ended += 1
        # A copy: another thread may discard its callback from the list now, and the loop would skip the next one.
        for wake in list(self._waiting.pop(topic, ())):
            wake()
