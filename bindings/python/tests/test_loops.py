"""Event loops of all kinds: asyncio's and trio's, one for each request, and those that stand still between requests."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
import weakref
from typing import Any

import pytest
import trio
from starlette.requests import Request
from starlette.responses import PlainTextResponse

from tesseral_verify import _clock
from tesseral_verify.fastapi import RequireAuthMiddleware, get_auth

from .support.clock import FakeClock
from .support.fake import Fake


@pytest.fixture(autouse=True)
def trusted(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", fake.ca_file)
    monkeypatch.setenv("TESSERAL_BACKEND_API_KEY", fake.backend_api_key)


def application(fake: Fake, **options: Any) -> RequireAuthMiddleware:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await PlainTextResponse(get_auth(Request(scope)).credentials_type())(scope, receive, send)

    return RequireAuthMiddleware(
        app,
        publishable_key=fake.publishable_key,
        config_api_hostname=fake.host,
        backend_api_hostname=fake.host,
        api_keys_enabled=True,
        **options,
    )


async def ask(app: RequireAuthMiddleware, credential: str) -> int:
    """The status of one request."""
    statuses = []

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    async def receive() -> Any:
        return {"type": "http.request"}

    headers = [(b"authorization", f"Bearer {credential}".encode())]
    scope = {"type": "http", "method": "GET", "path": "/", "headers": headers}
    await app(scope, receive, send)
    [status] = statuses
    return status


@pytest.mark.parametrize("run", [asyncio.run, trio.run])
def test_a_loop_that_stays(fake: Fake, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, app = FakeClock(monkeypatch), application(fake)

    async def scenario() -> None:
        sleep = trio.sleep if run is trio.run else asyncio.sleep
        assert await ask(app, fake.token()) == 200
        for _ in range(3):
            assert await ask(app, fake.api_key) == 200
        assert (fake.count("config"), fake.counts()["connections"]) == (1, 2)
        assert await ask(app, fake.token(expired=1)) == 401
        # A new key: the first token waits for the fetch.
        fake.command("rotate")
        assert await ask(app, fake.token()) == 200
        # The next planned fetch needs no request.
        await sleep(1.1)
        clock.be_due()
        while fake.count("config") < 3:
            await sleep(0.02)

    run(scenario) if run is trio.run else run(scenario())


@pytest.mark.parametrize("run", [asyncio.run, trio.run])
def test_a_loop_for_each_request(fake: Fake, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, app = FakeClock(monkeypatch), application(fake)

    def request(credential: str) -> Any:
        return run(ask, app, credential) if run is trio.run else run(ask(app, credential))

    assert [request(fake.token()) for _ in range(3)] == [200] * 3
    assert [request(fake.api_key) for _ in range(3)] == [200] * 3
    assert fake.count("config") == 1
    for rotations in range(1, 4):
        fake.command("rotate")
        assert request(fake.token()) == 200
        assert fake.count("config") == 1 + rotations
        clock.ahead += 70
    # No loop lasts until its timer fires. So one request fetches, when the fetch is overdue.
    fake.forget()
    clock.be_due()
    assert [request(fake.token()) for _ in range(3)] == [200] * 3
    assert fake.count("config") == 0
    clock.ahead += 6
    assert [request(fake.token()) for _ in range(3)] == [200] * 3
    assert fake.count("config") == 1


def test_a_loop_that_stands_still_between_requests(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a function, which is frozen while no request is there."""
    clock, app, loop = FakeClock(monkeypatch), application(fake), asyncio.new_event_loop()
    token = fake.token()
    try:
        assert loop.run_until_complete(ask(app, token)) == 200
        # There is a rotation, and twenty hours pass. An old document serves for 24 hours.
        clock.ahead += 20 * 3600
        fake.command("rotate")
        assert loop.run_until_complete(ask(app, fake.token())) == 200
        assert fake.count("config") == 2
        clock.ahead += 30 * 3600
        fake.command("rotate")
        assert [loop.run_until_complete(ask(app, fake.token())) for _ in range(5)] == [200] * 5
        assert fake.count("config") == 3
        # An outage delays one request in each interval.
        fake.command("fault/config/status", status=500)
        clock.ahead += 2 * 3600
        assert [loop.run_until_complete(ask(app, token)) for _ in range(5)] == [200] * 5
        assert fake.count("config") == 4
    finally:
        loop.close()


def test_a_flight_that_ends_with_its_loop_is_abandoned(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, app = FakeClock(monkeypatch), application(fake)
    fake.command("fault/config/delay", ms=1500)

    async def impatient() -> None:
        task = asyncio.create_task(ask(app, token))
        await asyncio.sleep(0.3)
        task.cancel()

    token = fake.token()
    asyncio.run(impatient())
    assert fake.count("config") == 1
    [store] = clock.stores
    # A flight without a report would count as under way for twice the time-out.
    now = _clock.now()
    assert store._refresh.poll((now.steady + 1100, now.wall + 1100), store._rules).act == "fetch"


def test_a_question_that_ends_with_its_loop_is_asked_again(fake: Fake) -> None:
    app = application(fake)
    assert asyncio.run(ask(app, fake.token())) == 200
    fake.command("fault/api-keys/delay", ms=1500)

    async def impatient() -> None:
        task = asyncio.create_task(ask(app, fake.api_key))
        await asyncio.sleep(0.3)
        task.cancel()

    asyncio.run(impatient())
    fake.command("fault/api-keys/none")
    start = time.monotonic()
    assert asyncio.run(ask(app, fake.api_key)) == 200
    assert time.monotonic() - start < 1


def test_loops_in_threads_share_keys_and_fetches(fake: Fake) -> None:
    fake.command("fault/config/delay", ms=300)
    app, token = application(fake), fake.token()
    statuses: list[int] = []
    threads = [threading.Thread(target=lambda: statuses.append(asyncio.run(ask(app, token)))) for _ in range(6)]
    threads += [threading.Thread(target=lambda: statuses.append(trio.run(ask, app, token))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (statuses, fake.count("config")) == ([200] * 8, 1)


def test_loops_that_are_over_are_freed(fake: Fake) -> None:
    app, loops = application(fake), []

    async def scenario() -> None:
        loops.append(weakref.ref(asyncio.get_running_loop()))
        assert await ask(app, fake.token()) == 200
        assert await ask(app, fake.api_key) == 200

    for _ in range(5):
        asyncio.run(scenario())
    gc.collect()
    assert sum(loop() is not None for loop in loops) <= 1


def test_requests_that_go_away_leave_an_exchange_to_the_others(fake: Fake) -> None:
    app, token = application(fake), fake.token()
    fake.command("fault/config/delay", ms=300)

    async def scenario(credential: str) -> None:
        first = asyncio.create_task(ask(app, credential))
        await asyncio.sleep(0.1)
        second = asyncio.create_task(ask(app, credential))
        await asyncio.sleep(0.05)
        first.cancel()
        assert await second == 200

    asyncio.run(scenario(token))
    fake.command("fault/api-keys/delay", ms=300)
    asyncio.run(scenario(fake.api_key))
    assert fake.count("config") == 1


def test_requests_that_go_away_give_their_places_back(fake: Fake) -> None:
    """Also while something still has the exceptions that ended them, and with them their frames."""
    app = application(fake)

    async def scenario() -> None:
        assert await ask(app, fake.token()) == 200
        fake.command("rotate")
        fake.command("fault/config/delay", ms=500)
        token = fake.token()
        # As many as may wait for a new key at a time.
        waiting = [asyncio.create_task(ask(app, token)) for _ in range(16)]
        await asyncio.sleep(0.1)
        assert [task.result() for task in waiting if task.done()] == []
        assert await ask(app, token) == 401
        for task in waiting:
            task.cancel()
        ended = await asyncio.gather(*waiting, return_exceptions=True)
        assert all(isinstance(error, asyncio.CancelledError) for error in ended)
        assert await ask(app, token) == 200

    asyncio.run(scenario())
    assert fake.count("config") == 2
