"""What the Flask hook does beyond answering requests: fetching in threads, outages, lookups."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from flask import Flask

from tesseral_verify import _sync
from tesseral_verify.flask import (
    NotAnAccessTokenError,
    access_token_claims,
    credentials,
    credentials_type,
    organization_id,
    require_auth,
)

from .support.fake import Fake
from .support.tokens import Signer, claims


@pytest.fixture(autouse=True)
def trusted(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hook's own client trusts what its environment says."""
    monkeypatch.setenv("SSL_CERT_FILE", fake.ca_file)
    monkeypatch.setenv("TESSERAL_BACKEND_API_KEY", fake.backend_api_key)


def application(fake: Fake, **options: Any) -> Flask:
    app = Flask(__name__)
    app.before_request(
        require_auth(
            publishable_key=fake.publishable_key,
            config_api_hostname=fake.host,
            backend_api_hostname=fake.host,
            **options,
        )
    )

    @app.get("/")
    def organization() -> str:
        return organization_id()

    @app.get("/user")
    def user() -> str:
        try:
            return access_token_claims().user.email
        except NotAnAccessTokenError as error:
            return f"{credentials_type()} {error} {error.slug}"

    @app.get("/credentials")
    def whole() -> str:
        return credentials()

    return app


def ask(app: Flask, credential: str, path: str = "/") -> tuple[int, str]:
    answer = app.test_client(use_cookies=False).get(path, headers={"Authorization": f"Bearer {credential}"})
    return answer.status_code, answer.text


def ended() -> None:
    """Waits for the fetches that requests have started."""
    for thread in threading.enumerate():
        if thread.name == "tesseral-verify-refresh":
            thread.join(timeout=20)


class FakeClock:
    """Stands in for time.monotonic within the hook."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ahead = 0.0
        monkeypatch.setattr(_sync, "time", self)

    def monotonic(self) -> float:
        return time.monotonic() + self.ahead


def test_answers(fake: Fake) -> None:
    app, token = application(fake, api_keys_enabled=True), fake.token()
    assert fake.counts()["connections"] == 0
    assert ask(app, token, "/user") == (200, "user0@example.com")
    assert ask(app, token, "/credentials") == (200, token)
    assert ask(app, fake.api_key, "/user") == (
        200,
        "api_key access_token_claims() called with API key credentials. not_an_access_token",
    )
    assert ask(app, fake.token(expired=1)) == (401, "Unauthorized")
    client = app.test_client(use_cookies=False)
    assert client.options("/").status_code == 200
    cookies = f"{fake.cookie_name}={fake.token(expired=1)}; {fake.cookie_name}={token}"
    assert client.get("/user", headers={"Cookie": cookies}).text == "user0@example.com"


def test_concurrent_cold_requests_cause_one_fetch(fake: Fake) -> None:
    fake.command("fault/config/delay", ms=200)
    app, token = application(fake), fake.token()
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: ask(app, token)[0], range(20)))
    assert answers == [200] * 20
    assert fake.count("config") == 1


def test_a_failed_first_fetch_is_not_repeated_by_every_request(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = FakeClock(monkeypatch)
    fake.command("fault/config/status", status=500)
    app, token = application(fake), fake.token()
    assert {ask(app, token) for _ in range(30)} == {(503, "Service Unavailable")}
    assert fake.count("config") <= 2
    fake.command("fault/config/none")
    clock.ahead = 10.0
    assert ask(app, token)[0] == 200


def test_stale_keys_serve_through_an_outage(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = FakeClock(monkeypatch)
    app, token = application(fake), fake.token()
    assert ask(app, token)[0] == 200
    fake.command("fault/config/hang")
    monkeypatch.setattr("tesseral_verify._http._TIMEOUT", httpx.Timeout(1.0))
    clock.ahead = 3600.0
    start = time.monotonic()
    assert [ask(app, token)[0] for _ in range(10)] == [200] * 10
    assert time.monotonic() - start < 0.9, "a request has waited for the refresh"
    ended()
    assert fake.count("config") == 2
    clock.ahead = 25 * 3600.0
    assert ask(app, token) == (503, "Service Unavailable")
    fake.command("fault/config/none")
    clock.ahead += 120
    assert ask(app, token)[0] == 200


def test_unknown_kids(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = FakeClock(monkeypatch)
    app = application(fake)
    assert ask(app, fake.token())[0] == 200
    fake.command("rotate")
    token = fake.token()
    assert ask(app, token) == (401, "Unauthorized")
    ended()
    assert ask(app, token)[0] == 200
    signer = Signer()
    stranger = signer.token(claims(fake.issuer))
    fake.forget()
    for second in range(0, 600, 3):
        clock.ahead = 11.0 + second
        assert ask(app, stranger) == (401, "Unauthorized")
        ended()
    assert fake.count("config") <= 12


def test_a_given_client_makes_every_fetch(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    asked = []
    hooks = {"request": [lambda request: asked.append(request.url.path)]}
    with httpx.Client(verify=fake.tls(), event_hooks=hooks) as own:
        assert ask(application(fake, http_client=own), fake.token())[0] == 200
    assert asked == [f"/v1/config/{fake.publishable_key}"]
    assert ask(application(fake), fake.token()) == (503, "Service Unavailable")


def test_lookups(fake: Fake) -> None:
    app = application(fake, api_keys_enabled=True)
    for _ in range(5):
        assert ask(app, fake.api_key)[0] == 200
    assert fake.counts() == {"config": 1, "api-keys": 5, "other": 0, "connections": 2}
    assert ask(app, "word") == (401, "Unauthorized")
    fake.command("api-keys", enabled=0)
    try:
        assert ask(app, fake.api_key) == (403, "Forbidden")
    finally:
        fake.command("api-keys", enabled=1)
    fake.command("fault/api-keys/status", status=500)
    assert ask(app, fake.api_key) == (503, "Service Unavailable")
    fake.command("fault/api-keys/none")
    assert ask(application(fake), fake.api_key) == (401, "Unauthorized")
