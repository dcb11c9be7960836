"""Threads that come at the same time. Each test forces an interleaving that is rare otherwise."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import sysconfig
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tesseral_verify import ApiKey, Auth, Verifier, _steps, _sync
from tesseral_verify._async import AsyncAuthenticator
from tesseral_verify._store import Store
from tesseral_verify._waiters import Waiters
from tesseral_verify._settings import Settings

from .support.fake import Fake
from .support.tokens import Signer


class First:
    """A waiting thread's callback. A thread that compares another callback with it stops until ``second`` is called."""

    def __init__(self, second_is_called: threading.Event) -> None:
        self.compared, self._second_is_called = threading.Event(), second_is_called

    def __call__(self) -> None:
        assert self.compared.wait(20)

    def __eq__(self, other: object) -> bool:
        self.compared.set()
        assert self._second_is_called.wait(20)
        return self is other


def test_a_wait_that_ends_removes_no_other_callback() -> None:
    """The second wait times out while the exchange ends, and the third one is woken all the same."""
    waiters, woken = Waiters(), []
    called, discarded = threading.Event(), threading.Event()
    first = First(called)

    def second() -> None:
        called.set()
        assert discarded.wait(20)

    def discard() -> None:
        waiters.discard("topic", second)
        discarded.set()

    for wake in (first, second, lambda: woken.append("third")):
        assert waiters.add("topic", wake, 0)
    thread = threading.Thread(target=discard)
    thread.start()
    assert first.compared.wait(20)
    waiters.end("topic")
    thread.join()
    assert woken == ["third"]


FREE_THREADED = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))


@pytest.mark.skipif(not FREE_THREADED, reason="this Python has a lock: tests/free_threaded.sh looks for one without")
def test_the_package_leaves_the_lock_off() -> None:
    program = "import sys, tesseral_verify; assert not sys._is_gil_enabled()"
    variables = {name: value for name, value in os.environ.items() if name != "PYTHON_GIL"}
    subprocess.run([sys.executable, "-c", program], check=True, env=variables)


def test_threads_that_alternate_all_the_time(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    """Users and an API key, while keys rotate: no request gets another one's sender, and none an error."""
    monkeypatch.setenv("SSL_CERT_FILE", fake.ca_file)
    monkeypatch.setenv("TESSERAL_BACKEND_API_KEY", fake.backend_api_key)
    settings = Settings(fake.publishable_key, fake.host, fake.host, 3600, True, fake.backend_api_key)
    authenticator, deadline = authenticator_of(settings), time.monotonic() + 1
    users = [f"user{number}@example.com" for number in range(4)]

    def of_user(number: int) -> int:
        headers, count = [("authorization", f"Bearer {fake.token(user=number)}")], 0
        while time.monotonic() < deadline:
            assert authenticator.authenticate(headers).access_token_claims().user.email == users[number]
            count += 1
        return count

    def of_api_key(_: int) -> int:
        headers, count = [("authorization", f"Bearer {fake.api_key}")], 0
        while time.monotonic() < deadline:
            assert authenticator.authenticate(headers).credentials() == fake.api_key
            count += 1
        return count

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as pool:
            counts = [pool.submit(work, number) for work in (of_user, of_api_key) for number in range(4)]
            fake.command("rotate")
            assert all(count.result() for count in counts)
    finally:
        sys.setswitchinterval(before)


def test_first_requests_in_several_threads_begin_once(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, both = [], threading.Barrier(2)

    class Process(_sync._Process):
        def __init__(self) -> None:
            super().__init__()
            begun.append(self)
            try:
                both.wait(0.3)
            except threading.BrokenBarrierError:
                pass

    monkeypatch.setattr(_sync, "_Process", Process)
    monkeypatch.setenv("SSL_CERT_FILE", fake.ca_file)
    authenticator = authenticator_of(Settings(fake.publishable_key, fake.host))
    with ThreadPoolExecutor(2) as pool:
        assert len(set(pool.map(lambda _: authenticator.project_id(), range(2)))) == 1
    assert len(begun) == 1


def authenticator_of(settings: Settings) -> Any:
    """Flask's and Django's."""
    [made] = [value for name, value in vars(_sync).items() if name in ("Authenticator", "SyncAuthenticator")]
    return made(settings, None, None)


def test_a_loop_begins_while_another_thread_looks_for_those_that_are_over() -> None:
    authenticator = AsyncAuthenticator(Settings("publishable_key_x", "127.0.0.1:9"), None, None)

    async def begin() -> None:
        authenticator._here()

    asyncio.run(begin())
    [on_loop] = authenticator._loops.values()
    is_over = on_loop.loop.is_over

    def interrupted() -> bool:
        on_loop.loop.is_over = is_over  # type: ignore[method-assign]
        thread = threading.Thread(target=asyncio.run, args=(begin(),))
        thread.start()
        thread.join()
        return is_over()

    on_loop.loop.is_over = interrupted  # type: ignore[method-assign]
    asyncio.run(begin())


def test_an_answer_that_a_newer_one_replaces_is_asked_for_anew(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(Settings("publishable_key_x", api_keys_enabled=True, backend_api_key="x"), False)
    verifier = Verifier(f'{{"projectId":"project_1","keys":[{Signer().jwk}]}}', api_keys=True)
    key = verifier.authenticate([("authorization", f"Bearer {fake.api_key}")])
    assert isinstance(key, ApiKey)

    def answer(question: Any, organization: str) -> None:
        body = json.dumps({"apiKeyId": "api_key_1", "organizationId": organization, "actions": []})
        assert isinstance(store.answered(key, question, 200, body.encode()), Auth)

    # Two requests come while a question is under way. After it, one of them asks for both.
    first = store.ask(key, 0)
    asking, waiting = (_steps._looked_up(store, key) for _ in range(2))
    assert isinstance(next(asking), _steps.Wait) and isinstance(next(waiting), _steps.Wait)
    answer(first.question, "org_1")
    sent = next(asking)
    assert isinstance(sent, _steps.Send)
    answer(sent.question, "org_2")
    ask = store.ask

    def interrupted(*arguments: Any) -> Any:
        monkeypatch.setattr(store, "ask", ask)
        asked = ask(*arguments)
        assert asked.verdict is not None
        # Before the other one asks the rulebook, a third request sends a new question.
        answer(ask(key, 0).question, "org_3")
        return asked

    monkeypatch.setattr(store, "ask", interrupted)
    with pytest.raises(StopIteration) as ended:
        next(waiting)
    assert ended.value.value.organization_id() == "org_3"
