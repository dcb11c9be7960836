"""Servers and frameworks share objects between requests, and still no request gets the sender of another one."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from typing import Any, Callable

import httpx
import pytest
from flask import Flask, Response, has_request_context
from starlette.requests import HTTPConnection

from tesseral_verify import _sync
from tesseral_verify import fastapi as ours
from tesseral_verify import flask as ours_flask

from .support.clock import FakeClock
from .support.fake import Fake

MARK: contextvars.ContextVar[str] = contextvars.ContextVar("mark", default="nobody's")


@pytest.fixture(autouse=True)
def trusted(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", fake.ca_file)


def options(fake: Fake, **more: Any) -> dict[str, Any]:
    return {"publishable_key": fake.publishable_key, "config_api_hostname": fake.host, **more}


class Lenient(ours.RequireAuthMiddleware):
    """Lets one path pass without authentication."""

    async def dispatch(self, request: Any, call_next: Any) -> Any:
        if request.url.path == "/public":
            return await call_next(request)
        return await super().dispatch(request, call_next)


def test_one_scope_for_several_requests(fake: Fake) -> None:
    senders: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        try:
            senders.append(ours.get_auth(HTTPConnection(scope)).access_token_claims().user.email)
        except RuntimeError:
            senders.append("nobody")
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        pass

    async def scenario() -> None:
        for made in (Lenient(app, **options(fake)), Lenient(Lenient(app, **options(fake)), **options(fake))):
            scope: dict[str, Any] = {"type": "http", "method": "GET", "query_string": b"", "server": ("app", 80)}
            for path, user in (("/", 0), ("/public", 1), ("/", 2), ("/public", None)):
                token = fake.token(user=user) if user is not None else "none"
                scope.update(path=path, headers=[(b"authorization", f"Bearer {token}".encode())])
                await made(scope, receive, send)

    asyncio.run(scenario())
    assert senders == ["user0@example.com", "nobody", "user2@example.com", "nobody"] * 2


def test_a_hook_that_refuses_takes_away_what_another_one_left(fake: Fake) -> None:
    """Two hooks, of two projects, or with API keys on and off. After the second one's refusal, no handler finds a sender."""
    app, seen = Flask(__name__), []
    app.before_request(ours_flask.require_auth(**options(fake)))
    app.before_request(ours_flask.require_auth(publishable_key="publishable_key_1", config_api_hostname=fake.host))

    @app.after_request
    def note(response: Response) -> Response:
        try:
            seen.append(ours_flask.organization_id())
        except RuntimeError:
            seen.append("nobody")
        return response

    fake_token = {"Authorization": f"Bearer {fake.token()}"}
    assert app.test_client().get("/", headers=fake_token).status_code in (401, 503)
    assert seen == ["nobody"]


class Inheriting(threading.Thread):
    """As threads are in Python 3.14 where they inherit the context of the one that starts them."""

    def start(self) -> None:
        context, run = contextvars.copy_context(), self.run
        self.run: Callable[[], None] = lambda: context.run(run)  # type: ignore[method-assign]
        super().start()


def test_the_background_is_nobodys_request_in_a_thread(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, seen = FakeClock(monkeypatch), []
    monkeypatch.setattr(_sync.threading, "Thread", Inheriting)

    def note(_: Any) -> None:
        seen.append((MARK.get(), has_request_context(), threading.current_thread().name == "tesseral-verify-refresh"))

    app, own = Flask(__name__), httpx.Client(verify=fake.tls(), event_hooks={"request": [note]})
    app.before_request(ours_flask.require_auth(**options(fake, http_client=own)))
    app.add_url_rule("/", "root", ours_flask.organization_id)
    MARK.set("a request's")
    with own:
        headers = {"Authorization": f"Bearer {fake.token()}"}
        assert app.test_client().get("/", headers=headers).status_code == 200
        clock.be_due()
        clock.wait_for(lambda: len(seen) == 2)
        clock.settle()
    assert seen == [("a request's", True, False), ("nobody's", False, True)]


def test_the_background_is_nobodys_request_on_a_loop(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, seen = FakeClock(monkeypatch), []

    async def note(_: Any) -> None:
        seen.append(MARK.get())

    async def app(scope: Any, receive: Any, send: Any) -> None:
        pass

    async def scenario() -> None:
        async with httpx.AsyncClient(verify=fake.tls(), event_hooks={"request": [note]}) as own:
            made = ours.RequireAuthMiddleware(app, **options(fake, http_client=own))
            MARK.set("a request's")
            scope = {"type": "http", "headers": [(b"authorization", f"Bearer {fake.token()}".encode())]}
            await made(scope, app, app)  # type: ignore[arg-type]
            clock.be_due()
            while len(seen) < 2:
                await asyncio.sleep(0.02)
            while not clock.is_settled():
                await asyncio.sleep(0.02)

    asyncio.run(scenario())
    assert seen == ["nobody's"] * 2
