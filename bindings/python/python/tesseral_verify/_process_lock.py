"""A lock for what is made once in a process."""

from __future__ import annotations

import os
import threading


class ProcessLock:
    """A lock for each process. In a forked child, an inherited one that another thread held would stay locked for ever."""

    def __init__(self) -> None:
        self._locks: dict[int, threading.Lock] = {}

    def __enter__(self) -> None:
        self._locks.setdefault(os.getpid(), threading.Lock()).acquire()

    def __exit__(self, *_: object) -> None:
        self._locks[os.getpid()].release()
