"""A lock for what is made once in a process."""

from __future__ import annotations

import os
import threading


class ProcessLock:
    """A lock that a forked child does not inherit: there, one that another thread has held would stay locked."""

    def __init__(self) -> None:
        self._locks: dict[int, threading.Lock] = {}

    def __enter__(self) -> None:
        self._locks.setdefault(os.getpid(), threading.Lock()).acquire()

    def __exit__(self, *_: object) -> None:
        self._locks[os.getpid()].release()
