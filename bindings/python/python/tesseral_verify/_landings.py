"""Who waits for a fetch of the document, or for an answer about an API key, in whatever thread or event loop."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Callable

Wake = Callable[[], None]


class Landings:
    """Callbacks by topic. No lock: a fork may come at any time, and each step here is one of the interpreter's."""

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
        for wake in self._waiting.pop(topic, ()):
            wake()
