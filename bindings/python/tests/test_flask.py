"""What the Flask hook does beyond answering requests: fetching in threads, outages, lookups."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from typing import Any

import httpx
import pytest
from flask import Blueprint, Flask, Response, copy_current_request_context, request, stream_with_context

from tesseral_verify.flask import (
    NotAnAccessTokenError,
    access_token_claims,
    credentials,
    credentials_type,
    organization_id,
    require_auth,
)

from .support.clock import FakeClock
from .support.fake import Fake
from .support.tokens import Signer, claims


@pytest.fixture(autouse=True)
def trusted(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hook's own client trusts the authorities that the environment names."""
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


def partly(fake: Fake) -> Flask:
    """An application that authenticates requests under /private alone."""
    app, private = Flask(__name__), Blueprint("private", __name__, url_prefix="/private")
    private.before_request(require_auth(publishable_key=fake.publishable_key, config_api_hostname=fake.host))
    app.extensions["arrived"] = 0

    def email() -> str:
        try:
            return access_token_claims().user.email
        except RuntimeError:
            return "nobody"

    private.add_url_rule("/user", "user", email)
    app.add_url_rule("/public", "public", email)

    @private.get("/meet/<int:people>")
    def meet(people: int) -> str:
        """Answers when so many requests are here."""
        app.extensions["arrived"] += 1
        while app.extensions["arrived"] < people:
            time.sleep(0.001)
        return email()

    @private.get("/stream")
    def stream() -> Response:
        def pieces() -> Iterator[str]:
            for _ in range(3):
                yield f"{email()} "

        return Response(stream_with_context(pieces()))

    @private.get("/inner")
    def inner() -> list[str]:
        """Sends a request of somebody else to the same application, while it answers this one."""
        return [email(), ask(app, request.args["other"], "/private/user")[1], email()]

    @private.get("/copied")
    def copied() -> str:
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(copy_current_request_context(email)).result()

    @app.after_request
    def sign(response: Response) -> Response:
        response.headers["X-Sender"] = email()
        return response

    app.register_blueprint(private)
    return app


def ask(app: Flask, credential: str, path: str = "/") -> tuple[int, str]:
    answer = app.test_client(use_cookies=False).get(path, headers={"Authorization": f"Bearer {credential}"})
    return answer.status_code, answer.text


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


@pytest.fixture(params=["context of the request", "context around all requests"])
def shared(fake: Fake, request: pytest.FixtureRequest) -> Iterator[Flask]:
    """The application, inside an application context: Flask gives a request that context, and its ``g``."""
    app = partly(fake)
    with app.app_context() if "all" in request.param else nullcontext():
        yield app


def test_one_request_after_another_has_its_own_sender(fake: Fake, shared: Flask) -> None:
    client = shared.test_client(use_cookies=False)
    for user in range(2):
        token = fake.token(user=user)
        assert ask(shared, token, "/private/user") == (200, f"user{user}@example.com")
        answers = [client.get("/public"), client.options("/private/user"), client.get("/private/user")]
        assert [answer.status_code for answer in answers] == [200, 200, 401]
        assert answers[0].text == "nobody"
        assert [answer.headers["X-Sender"] for answer in answers] == ["nobody"] * 3
        with pytest.raises(RuntimeError, match="outside of an authenticated request"):
            organization_id()


def test_requests_at_the_same_time_have_a_sender_each(fake: Fake, shared: Flask) -> None:
    users = 4

    async def scenario() -> list[tuple[int, str]]:
        # These threads get the context of the thread that starts them.
        tokens = [fake.token(user=user) for user in range(users)]
        path = f"/private/meet/{users}"
        return await asyncio.gather(*(asyncio.to_thread(ask, shared, token, path) for token in tokens))

    assert asyncio.run(scenario()) == [(200, f"user{user}@example.com") for user in range(users)]


def test_a_request_within_a_request_has_its_own_sender(fake: Fake, shared: Flask) -> None:
    client = shared.test_client(use_cookies=False)
    headers = {"Authorization": f"Bearer {fake.token()}"}
    answer = client.get("/private/inner", query_string={"other": fake.token(user=1)}, headers=headers)
    assert answer.json == ["user0@example.com", "user1@example.com", "user0@example.com"]
    assert answer.headers["X-Sender"] == "user0@example.com"


def test_the_sender_goes_with_the_request(fake: Fake, shared: Flask) -> None:
    """Into streams, other requests or not, and into threads with copy_current_request_context."""
    client = shared.test_client(use_cookies=False)
    stream = client.get("/private/stream", headers={"Authorization": f"Bearer {fake.token()}"}).iter_encoded()
    pieces = [next(stream)]
    assert ask(shared, fake.token(user=1), "/private/user") == (200, "user1@example.com")
    assert [*pieces, *stream] == [b"user0@example.com "] * 3
    assert ask(shared, fake.token(user=2), "/private/copied") == (200, "user2@example.com")


def test_an_application_within_another_does_not_know_the_sender(fake: Fake) -> None:
    app, other = application(fake), partly(fake)

    @app.get("/other")
    def delegate() -> Response:
        return Response.from_app(other.wsgi_app, {**request.environ, "PATH_INFO": "/public"})

    assert ask(app, fake.token(), "/other") == (200, "nobody")


def test_concurrent_cold_requests_cause_one_fetch(fake: Fake) -> None:
    fake.command("fault/config/delay", ms=200)
    app, token = application(fake), fake.token()
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: ask(app, token)[0], range(20)))
    assert answers == [200] * 20
    assert fake.count("config") == 1


def test_a_failed_first_fetch_is_not_repeated_by_every_request(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tesseral_verify._http.TOTAL_SECONDS", 1.0)
    clock = FakeClock(monkeypatch)
    fake.command("fault/config/status", status=500)
    app, token = application(fake), fake.token()
    with ThreadPoolExecutor(30) as pool:
        assert set(pool.map(lambda _: ask(app, token), range(30))) == {(503, "Service Unavailable")}
    assert fake.count("config") <= 3
    fake.command("fault/config/none")
    clock.ahead = 10.0
    assert ask(app, token)[0] == 200


def test_stale_keys_serve_through_an_outage(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = FakeClock(monkeypatch)
    app, token = application(fake), fake.token()
    assert ask(app, token)[0] == 200
    fake.command("fault/config/hang")
    monkeypatch.setattr("tesseral_verify._http._TIMEOUT", httpx.Timeout(1.0))
    clock.be_due()
    start = time.monotonic()
    assert [ask(app, token)[0] for _ in range(10)] == [200] * 10
    assert time.monotonic() - start < 0.9, "a request has waited for the refresh"
    clock.settle()
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
    assert ask(app, token)[0] == 200, "the first token of a new key waits for the fetch"
    signer = Signer()
    stranger = signer.token(claims(fake.issuer))
    fake.forget()
    for second in range(0, 600, 3):
        clock.ahead = 11.0 + second
        assert ask(app, stranger) == (401, "Unauthorized")
        clock.settle()
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
        assert ask(app, fake.command("api-key")) == (403, "Forbidden")
    finally:
        fake.command("api-keys", enabled=1)
    fake.command("fault/api-keys/status", status=500)
    assert ask(app, fake.api_key) == (503, "Service Unavailable")
    fake.command("fault/api-keys/none")
    assert ask(application(fake), fake.api_key) == (401, "Unauthorized")
