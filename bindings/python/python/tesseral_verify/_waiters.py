"""Who waits for a fetch of the document, or for an answer about an API key, in whatever thread or event loop."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Callable

Wake = Callable[[], None]


class Waiters:
    """Callbacks by topic. No lock: a fork may come at any time.

    Threads may interleave between any two steps, each of which is one atomic operation of a dictionary or a list.
    ``ended`` may count two exchanges that end at the same moment as one. Nobody misses either: the rulebook knows what an
    exchange brought before ``ended`` is read to be counted up, and so whoever reads the number later finds both there.
    """

    def __init__(self) -> None:
        self.ended = 0
        """How many exchanges have ended: more than before means that it is worth looking again."""
        self._waiting: dict[Hashable, list[Wake]] = {}

    def add(self, topic: Hashable, wake: Wake, seen: int) -> bool:
        """Calls ``wake`` when an exchange on the topic ends; False when any has ended since ``ended`` was ``seen``."""
        self._waiting.setdefault(topic, []).append(wake)
        if self.ended != seen:
            self.discard(topic, wake)
            return False
        return True

    def discard(self, topic: Hashable, wake: Wake) -> None:
        """Whoever waited does so no more."""
        waiting = self._waiting.get(topic, [])
        if wake in waiting:
            waiting.remove(wake)

    def end(self, topic: Hashable) -> None:
        """An exchange on the topic has ended."""
        self.ended += 1
        # A copy: another thread may be about to discard its own from this list, and the loop would miss the next one.
        for wake in list(self._waiting.pop(topic, ())):
            wake()
