"""Event loops, asyncio's and trio's: tasks that belong to no request, timers, and waking from other threads."""

from __future__ import annotations

import asyncio
import contextvars
import sys
from collections.abc import Awaitable
from typing import Any, Callable, Union

import anyio

from ._waiters import Waiters


class Asyncio:
    """A loop of asyncio, or one that behaves like it."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def is_over(self) -> bool:
        """Whether nothing can run on it any more."""
        return self._loop.is_closed()

    def start(self, work: Callable[[], Awaitable[None]], cancelled: Callable[[], None]) -> None:
        """Starts a task, and calls ``cancelled`` if it is cancelled before its end."""

        async def whole() -> None:
            await work()

        # In a context of its own, since the task belongs to no request.
        context = contextvars.Context()
        task = context.run(self._loop.create_task, whole())
        # The event loop itself keeps only a weak reference to a task.
        _TASKS.add(task)
        task.add_done_callback(_TASKS.discard, context=context)
        task.add_done_callback(lambda task: cancelled() if task.cancelled() else None, context=context)

    def call_later(self, seconds: float, call: Callable[[], None]) -> Callable[[], None]:
        """Calls after so many seconds, unless the function that this returns is called before. No task waits meanwhile."""
        return self._loop.call_later(seconds, call, context=contextvars.Context()).cancel

    def call_soon(self, call: Callable[[], Any]) -> None:
        """Calls on the loop; from any thread."""
        try:
            self._loop.call_soon_threadsafe(call, context=contextvars.Context())
        except RuntimeError:
            # The loop is closed, and no request waits on it any more.
            pass


class Trio:
    """A run of trio."""

    def __init__(self, trio: Any, token: Any) -> None:
        self._trio, self._token = trio, token

    def is_over(self) -> bool:
        """Whether nothing can run on it any more."""
        try:
            self._token.run_sync_soon(lambda: None)
        except self._trio.RunFinishedError:
            return True
        return False

    def start(self, work: Callable[[], Awaitable[None]], cancelled: Callable[[], None]) -> None:
        """Starts a task, and calls ``cancelled`` if it is cancelled before its end."""

        async def whole() -> None:
            try:
                await work()
            except self._trio.Cancelled:
                cancelled()
                raise

        self._trio.lowlevel.spawn_system_task(whole, context=contextvars.Context())

    def call_later(self, seconds: float, call: Callable[[], None]) -> Callable[[], None]:
        """Calls after so many seconds, unless the function that this returns is called before."""
        scope = self._trio.CancelScope()

        async def later() -> None:
            with scope:
                await self._trio.sleep(seconds)
                call()

        self._trio.lowlevel.spawn_system_task(later, context=contextvars.Context())
        cancel: Callable[[], None] = scope.cancel
        return cancel

    def call_soon(self, call: Callable[[], Any]) -> None:
        """Calls on the loop; from any thread."""
        try:
            self._token.run_sync_soon(call)
        except self._trio.RunFinishedError:
            pass


Loop = Union[Asyncio, Trio]

_TASKS: set[asyncio.Task[None]] = set()


def key() -> Any:
    """Identifies the event loop on which this is called."""
    loop = asyncio._get_running_loop()
    # In trio's guest mode, a loop of asyncio runs, too, but none of its tasks does.
    if loop is not None and asyncio.current_task(loop) is not None:
        return loop
    trio = sys.modules.get("trio")
    if trio is not None:
        try:
            return trio.lowlevel.current_trio_token()
        except RuntimeError:
            pass
    return asyncio.get_running_loop()


def of(key: Any) -> Loop:
    """The loop of this key."""
    return Asyncio(key) if isinstance(key, asyncio.AbstractEventLoop) else Trio(sys.modules["trio"], key)


async def wait(loop: Loop, waiters: Waiters, topic: Any, seen: int, seconds: float) -> None:
    """Waits until an exchange on the topic ends, at most so long."""
    ended = anyio.Event()

    def wake() -> None:
        loop.call_soon(ended.set)

    if waiters.add(topic, wake, seen):
        try:
            with anyio.move_on_after(seconds):
                await ended.wait()
        finally:
            waiters.discard(topic, wake)
