"""What the FastAPI middleware does beyond answering requests: fetching, outages, WebSockets, event loops."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Optional

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI, Request, WebSocket
from starlette.applications import Starlette
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Mount
from starlette.testclient import TestClient, WebSocketDenialResponse
from starlette.websockets import WebSocketDisconnect

from tesseral_verify import TesseralError
from tesseral_verify.fastapi import Auth, NotAnAccessTokenError, RequireAuthMiddleware, get_auth

from .support.clock import FakeClock
from .support.fake import Fake

UNAUTHORIZED, UNAVAILABLE = '{"error":"Unauthorized"}', '{"error":"Service Unavailable"}'


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture(autouse=True)
def trusted(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    """The middleware's own client trusts the authorities that the environment names."""
    monkeypatch.setenv("SSL_CERT_FILE", fake.ca_file)
    monkeypatch.setenv("TESSERAL_BACKEND_API_KEY", fake.backend_api_key)


def application(fake: Fake, **options: Any) -> FastAPI:
    app = FastAPI()
    app.add_middleware(
        RequireAuthMiddleware,
        publishable_key=fake.publishable_key,
        config_api_hostname=fake.host,
        backend_api_hostname=fake.host,
        **options,
    )

    @app.get("/")
    async def organization(auth: Auth = Depends(get_auth)) -> str:
        return auth.organization_id()

    @app.get("/user")
    async def user(auth: Auth = Depends(get_auth)) -> str:
        try:
            return auth.access_token_claims().user.email
        except NotAnAccessTokenError:
            return auth.credentials_type()

    @app.get("/stream")
    async def stream() -> StreamingResponse:
        async def pieces() -> AsyncIterator[bytes]:
            for number in range(3):
                yield b"%d" % number
                await asyncio.sleep(0)

        return StreamingResponse(pieces())

    @app.websocket("/socket")
    async def socket(websocket: WebSocket, auth: Auth = Depends(get_auth)) -> None:
        await websocket.accept()
        await websocket.send_text(auth.organization_id())
        await websocket.close()

    return app


def on_loop(app: FastAPI, scenario: Callable[[httpx.AsyncClient], Awaitable[None]]) -> None:
    """Runs the scenario against the application on one event loop."""

    async def run() -> None:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
            await scenario(client)
            # The background tasks of the requests end before their event loop does.
            await asyncio.gather(*(task for task in asyncio.all_tasks() if task is not asyncio.current_task()))

    asyncio.run(run())


def test_concurrent_cold_requests_cause_one_fetch(fake: Fake) -> None:
    fake.command("fault/config/delay", ms=200)
    token = fake.token()

    async def scenario(client: httpx.AsyncClient) -> None:
        answers = await asyncio.gather(*(client.get("/", headers=bearer(token)) for _ in range(20)))
        assert {answer.status_code for answer in answers} == {200}

    on_loop(application(fake), scenario)
    assert fake.count("config") == 1


def test_a_request_that_goes_away_does_not_take_the_fetch_with_it(fake: Fake) -> None:
    fake.command("fault/config/delay", ms=300)
    token = fake.token()

    async def scenario(client: httpx.AsyncClient) -> None:
        first = asyncio.create_task(client.get("/", headers=bearer(token)))
        await asyncio.sleep(0.1)
        second = asyncio.create_task(client.get("/", headers=bearer(token)))
        await asyncio.sleep(0.05)
        first.cancel()
        assert (await second).status_code == 200
        assert first.cancelled()

    on_loop(application(fake), scenario)
    assert fake.count("config") == 1


def test_nothing_starts_before_the_first_request(fake: Fake) -> None:
    threads = threading.active_count()
    app = application(fake, api_keys_enabled=True)
    app.build_middleware_stack()
    assert threading.active_count() == threads
    assert fake.counts() == {"config": 0, "api-keys": 0, "other": 0, "connections": 0}
    token = fake.token()
    for number in range(3):
        # Each one on an event loop of its own. The keys stay, and what is bound to a loop ends.
        assert TestClient(app).get("/", headers=bearer(token)).status_code == 200
        assert TestClient(app).get("/user", headers=bearer(fake.api_key)).json() == "api_key"
        assert fake.counts() == {"config": 1, "api-keys": number + 1, "other": 0, "connections": number + 2}


def test_api_keys_share_connections(fake: Fake) -> None:
    async def scenario(client: httpx.AsyncClient) -> None:
        for _ in range(5):
            answer = await client.get("/user", headers=bearer(fake.api_key))
            assert (answer.status_code, answer.json()) == (200, "api_key")

    on_loop(application(fake, api_keys_enabled=True), scenario)
    assert fake.counts() == {"config": 1, "api-keys": 5, "other": 0, "connections": 2}
    seen = fake.requests("api-keys")[0]
    headers = {name.lower(): value for name, value in seen["headers"]}
    assert (seen["method"], seen["target"]) == ("POST", "/v1/api-keys/authenticate")
    assert (headers["content-type"], headers["authorization"]) == ("application/json", f"Bearer {fake.backend_api_key}")


def test_what_cannot_be_an_api_key_is_not_asked_about(fake: Fake) -> None:
    async def scenario(client: httpx.AsyncClient) -> None:
        for key in ("word", fake.api_key[:-1] + "_", "p_" + "z" * 55):
            assert (await client.get("/", headers=bearer(key))).text == UNAUTHORIZED

    on_loop(application(fake, api_keys_enabled=True), scenario)
    assert fake.count("api-keys") == 0


@pytest.mark.parametrize(
    ("command", "parameters"),
    [("status", {"status": 500}), ("hang", {}), ("reset", {}), ("html", {}), ("redirect", {"location": "/x"})],
)
def test_lookups_that_fail(
    fake: Fake, command: str, parameters: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tesseral_verify._http.TOTAL_SECONDS", 1.0)
    fake.command(f"fault/api-keys/{command}", **parameters)

    async def scenario(client: httpx.AsyncClient) -> None:
        answer = await client.get("/", headers=bearer(fake.api_key))
        assert (answer.status_code, answer.text) == (503, UNAVAILABLE)
        fake.command("fault/api-keys/none")
        assert (await client.get("/", headers=bearer(fake.api_key))).status_code == 200

    on_loop(application(fake, api_keys_enabled=True), scenario)


def test_a_given_client_makes_every_fetch(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    asked = []

    async def note(request: httpx.Request) -> None:
        asked.append(str(request.url))

    async def scenario(client: httpx.AsyncClient) -> None:
        assert (await client.get("/", headers=bearer(fake.token()))).status_code == 200
        await own.aclose()

    own = httpx.AsyncClient(verify=fake.tls(), event_hooks={"request": [note]})
    on_loop(application(fake, http_client=own), scenario)
    assert asked == [f"https://{fake.host}/v1/config/{fake.publishable_key}"]

    async def without(client: httpx.AsyncClient) -> None:
        answer = await client.get("/", headers=bearer(fake.token()))
        assert (answer.status_code, answer.text) == (503, UNAVAILABLE)

    on_loop(application(fake), without)  # its own client trusts no test authority


async def settled(clock: FakeClock) -> None:
    """Waits for the fetches that are under way or due."""
    while not clock.is_settled():
        await asyncio.sleep(0.005)


def test_stale_keys_serve_through_an_outage(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tesseral_verify._http.TOTAL_SECONDS", 1.0)
    clock = FakeClock(monkeypatch)
    token = fake.token()

    async def scenario(client: httpx.AsyncClient) -> None:
        assert (await client.get("/", headers=bearer(token))).status_code == 200
        fake.command("fault/config/status", status=500)
        for hours in (1, 2, 12, 23):
            clock.ahead = hours * 3600.0
            for _ in range(3):
                assert (await client.get("/", headers=bearer(token))).status_code == 200
                await settled(clock)
        assert 4 <= fake.count("config") <= 9
        clock.ahead = 25 * 3600.0
        answer = await client.get("/", headers=bearer(token))
        assert (answer.status_code, answer.text) == (503, UNAVAILABLE)
        fake.command("fault/config/none")
        clock.ahead += 120
        assert (await client.get("/", headers=bearer(token))).status_code == 200

    on_loop(application(fake), scenario)


def test_a_refresh_makes_no_request_wait(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = FakeClock(monkeypatch)
    token = fake.token()

    async def scenario(client: httpx.AsyncClient) -> None:
        assert (await client.get("/", headers=bearer(token))).status_code == 200
        fake.command("fault/config/delay", ms=1000)
        clock.be_due()
        start = time.monotonic()
        for _ in range(20):
            assert (await client.get("/", headers=bearer(token))).status_code == 200
        assert time.monotonic() - start < 0.9
        await settled(clock)
        assert fake.count("config") == 2

    on_loop(application(fake), scenario)


def test_the_first_token_of_a_new_key_waits_for_the_fetch_and_is_accepted(fake: Fake) -> None:
    async def scenario(client: httpx.AsyncClient) -> None:
        assert (await client.get("/", headers=bearer(fake.token()))).status_code == 200
        fake.command("rotate")
        headers = bearer(fake.token())
        answers = await asyncio.gather(*(client.get("/", headers=headers) for _ in range(10)))
        assert [answer.status_code for answer in answers] == [200] * 10
        assert fake.count("config") == 2
        # The next rotation comes within the cooldown.
        fake.command("rotate")
        assert (await client.get("/", headers=bearer(fake.token()))).text == UNAUTHORIZED

    on_loop(application(fake), scenario)


def test_unknown_kids_cause_few_fetches(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = FakeClock(monkeypatch)
    from .support.tokens import Signer, claims

    signer, strangers = Signer(), []
    for number in range(200):
        strangers.append(signer.token(claims(fake.issuer), kid=f"stranger_{number}"))

    async def scenario(client: httpx.AsyncClient) -> None:
        for second in range(0, 600, 3):
            clock.ahead = float(second)
            assert (await client.get("/", headers=bearer(strangers[second // 3]))).text == UNAUTHORIZED
            await settled(clock)

    on_loop(application(fake), scenario)
    assert fake.count("config") == 1 + 12


def test_a_failed_first_fetch_is_not_repeated_by_every_request(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tesseral_verify._http.TOTAL_SECONDS", 1.0)
    clock = FakeClock(monkeypatch)
    fake.command("fault/config/status", status=500)
    token = fake.token()

    async def scenario(client: httpx.AsyncClient) -> None:
        answers = await asyncio.gather(*(client.get("/", headers=bearer(token)) for _ in range(50)))
        assert {(answer.status_code, answer.text) for answer in answers} == {(503, UNAVAILABLE)}
        assert fake.count("config") <= 3
        fake.command("fault/config/none")
        clock.ahead = 10.0
        assert (await client.get("/", headers=bearer(token))).status_code == 200

    on_loop(application(fake), scenario)


@pytest.mark.parametrize(
    ("command", "parameters"),
    [
        ("hang", {}),
        ("oversize", {"octets": 300_000}),
        ("trickle", {"octets": 1, "ms": 100}),
        ("truncate", {"octets": 20}),
        ("empty-ok", {}),
        ("redirect", {"location": "/v1/config/x"}),
    ],
)
def test_documents_that_are_not_taken(
    fake: Fake, command: str, parameters: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tesseral_verify._http.TOTAL_SECONDS", 1.0)
    fake.command(f"fault/config/{command}", **parameters)

    async def scenario(client: httpx.AsyncClient) -> None:
        start = time.monotonic()
        assert (await client.get("/", headers=bearer(fake.api_key))).status_code == 503
        assert time.monotonic() - start < 3

    on_loop(application(fake), scenario)


def test_websockets(fake: Fake) -> None:
    client, token = TestClient(application(fake)), fake.token()
    organization = client.get("/", headers=bearer(token)).json()
    cookie = {"Cookie": f"{fake.cookie_name}={token}"}
    for headers in (bearer(token), cookie):
        with client.websocket_connect("/socket", headers=headers) as socket:
            assert socket.receive_text() == organization
    for bad in ({}, bearer(fake.token(expired=1))):
        # This test client offers the extension websocket.http.response.
        with pytest.raises(WebSocketDenialResponse) as caught, client.websocket_connect("/socket", headers=bad):
            pass
        assert (caught.value.status_code, caught.value.text) == (401, UNAUTHORIZED)


def test_websockets_without_the_extension(fake: Fake) -> None:
    app = application(fake)

    async def without(scope: Any, receive: Any, send: Any) -> None:
        scope.pop("extensions", None)
        await app(scope, receive, send)

    with pytest.raises(WebSocketDisconnect) as caught, TestClient(without).websocket_connect("/socket"):
        pass
    assert caught.value.code == 1008


def test_lifespan_and_other_scopes_pass_untouched(fake: Fake) -> None:
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append((scope, receive, send))

    async def receive() -> dict[str, str]:
        return {"type": "lifespan.startup"}

    async def send(_: Any) -> None:
        pass

    middleware = RequireAuthMiddleware(app, publishable_key=fake.publishable_key, config_api_hostname=fake.host)
    for kind in ("lifespan", "other"):
        scope = {"type": kind}
        asyncio.run(middleware(scope, receive, send))
        assert seen.pop() == ({"type": kind}, receive, send) and scope == {"type": kind}
    assert fake.counts()["connections"] == 0


def test_send_and_receive_are_the_servers_own(fake: Fake) -> None:
    """Streams, server push and disconnects are the same as without the middleware."""
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append((receive, send))

    async def receive() -> dict[str, str]:
        return {"type": "http.request"}

    async def send(_: Any) -> None:
        pass

    middleware = RequireAuthMiddleware(app, publishable_key=fake.publishable_key, config_api_hostname=fake.host)
    scope = {"type": "http", "headers": [(b"authorization", f"Bearer {fake.token()}".encode())]}
    asyncio.run(middleware(scope, receive, send))
    assert seen == [(receive, send)]
    pieces = TestClient(application(fake)).get("/stream", headers=bearer(fake.token()))
    assert (pieces.text, "content-length" in pieces.headers) == ("012", False)


@pytest.mark.parametrize("kinds", [("http", "http"), ("http", "websocket"), ("websocket", "websocket")])
def test_requests_that_share_a_state_have_a_sender_each(fake: Fake, kinds: tuple[str, str]) -> None:
    """Servers may give all requests of a connection one dictionary ``scope["state"]``."""
    tokens = [fake.token(user=number) for number in range(2)]
    shared = {"pool": object()}
    before, arrived = dict(shared), 0

    async def app(scope: Any, receive: Any, send: Any) -> None:
        nonlocal arrived
        arrived += 1
        while arrived < len(tokens):
            await asyncio.sleep(0)
        assert scope["state"] is shared
        senders[scope["number"]] = get_auth(HTTPConnection(scope)).credentials()

    async def unused(*_: Any) -> Any:
        raise AssertionError

    async def scenario() -> None:
        await asyncio.gather(*(middleware(scope, unused, unused) for scope in scopes))

    middleware = RequireAuthMiddleware(app, publishable_key=fake.publishable_key, config_api_hostname=fake.host)
    senders: dict[int, str] = {}
    scopes = [
        {"type": kind, "number": number, "state": shared, "headers": [(b"authorization", f"Bearer {token}".encode())]}
        for number, (kind, token) in enumerate(zip(kinds, tokens))
    ]
    asyncio.run(scenario())
    assert senders == dict(enumerate(tokens))
    assert shared == before, "what is one request's own is where others find it"
    with pytest.raises(RuntimeError, match="outside of an authenticated request"):
        get_auth(HTTPConnection({"type": "http", "headers": [], "state": shared}))


def test_every_layer_of_an_application_sees_the_sender(fake: Fake) -> None:
    """In middlewares inside and outside, routers, mounted applications, WebSockets; with a state of the lifespan."""
    seen: list[tuple[str, str]] = []

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[dict[str, str]]:
        yield {"pool": "of the lifespan"}

    async def inside(request: Request, call_next: Any) -> Any:
        seen.append(("inside", get_auth(request).credentials()))
        return await call_next(request)

    async def outside(request: Request, call_next: Any) -> Any:
        response = await call_next(request)
        if response.status_code == 200:
            seen.append(("outside", get_auth(request).credentials()))
        return response

    def depends(auth: Auth = Depends(get_auth)) -> None:
        seen.append(("router", auth.credentials()))

    def organization(request: Request, auth: Auth = Depends(get_auth)) -> str:
        request.state.mine = "of this request"
        assert {"pool", "mine"} == set(request.state._state)
        return auth.organization_id()

    async def socket(websocket: WebSocket, auth: Auth = Depends(get_auth)) -> None:
        assert websocket.state.pool == "of the lifespan"
        await websocket.accept()
        await websocket.send_text(auth.organization_id())
        await websocket.close()

    app, mounted, router = FastAPI(lifespan=lifespan), FastAPI(), APIRouter(dependencies=[Depends(depends)])
    for part in (router, mounted):
        part.add_api_route("/", organization)
        part.add_api_websocket_route("/socket", socket)
    app.include_router(router, prefix="/router")
    app.mount("/mounted", Starlette(routes=[Mount("/deeper", mounted)]))
    app.add_middleware(BaseHTTPMiddleware, dispatch=inside)
    app.add_middleware(
        RequireAuthMiddleware, publishable_key=fake.publishable_key, config_api_hostname=fake.host
    )
    app.add_middleware(BaseHTTPMiddleware, dispatch=outside)
    with TestClient(app) as client:
        for user, path in enumerate(("/router/", "/mounted/deeper/")):
            token = fake.token(user=user)
            answer = client.get(path, headers=bearer(token))
            assert (answer.status_code, answer.json()[:4]) == (200, "org_")
            layers = ["inside", "router", "outside"] if path == "/router/" else ["inside", "outside"]
            assert seen == [(layer, token) for layer in layers]
            with client.websocket_connect(f"{path}socket", headers=bearer(token)) as connection:
                assert connection.receive_text() == answer.json()
            seen.clear()
            assert (client.get(path).status_code, seen) == (401, [])


def test_a_dispatch_of_a_subclass_decides(fake: Fake) -> None:
    """As with a subclass of Tesseral's: some requests pass without a sender, all others are authenticated."""

    class Lenient(RequireAuthMiddleware):
        async def dispatch(self, request: Request, call_next: Any) -> Any:
            if request.url.path == "/health":
                return await call_next(request)
            if request.url.path == "/project":
                return PlainTextResponse(await self.access_token_authenticator.project_id())
            response = await super().dispatch(request, call_next)
            response.headers["x-seen"] = "yes"
            return response

    app = FastAPI()
    app.add_middleware(Lenient, publishable_key=fake.publishable_key, config_api_hostname=fake.host)

    @app.get("/health")
    def health(request: Request) -> str:
        try:
            return get_auth(request).organization_id()
        except RuntimeError:
            return "nobody"

    @app.get("/")
    def organization(auth: Auth = Depends(get_auth)) -> str:
        return auth.organization_id()

    @app.websocket("/socket")
    async def socket(websocket: WebSocket, auth: Auth = Depends(get_auth)) -> None:
        await websocket.accept()
        await websocket.send_text(auth.organization_id())
        await websocket.close()

    client, token = TestClient(app), fake.token()
    assert client.get("/health").json() == "nobody"
    assert client.get("/health", headers=bearer(token)).json() == "nobody"
    assert client.get("/project").text == fake.project_id
    refused, good = client.get("/"), client.get("/", headers=bearer(token))
    assert (refused.status_code, refused.text, refused.headers["x-seen"]) == (401, UNAUTHORIZED, "yes")
    assert (good.status_code, good.json()[:4], good.headers["x-seen"]) == (200, "org_", "yes")
    with client.websocket_connect("/socket", headers=bearer(token)) as connection:
        assert connection.receive_text() == good.json()
    with pytest.raises(WebSocketDenialResponse), client.websocket_connect("/socket"):
        pass


def test_the_authenticator_of_a_middleware(fake: Fake) -> None:
    """Attributes that subclasses and applications' tests use, with the names of Tesseral's package."""
    made = RequireAuthMiddleware(
        FastAPI(), publishable_key=fake.publishable_key, config_api_hostname=fake.host, api_keys_enabled=True
    ).access_token_authenticator

    async def scenario() -> None:
        token, rotated = fake.token(), fake.command("rotate")
        assert rotated
        for _ in range(2):
            claims = await made.authenticate_access_token(access_token=fake.token())
            assert claims.user.email == "user0@example.com"
        at = claims.exp + 1
        for wrong, now in ((token, at), (fake.api_key, None), ("", None), (fake.token(expired=1), None)):
            with pytest.raises(TesseralError) as caught:
                await made.authenticate_access_token(access_token=wrong, now_unix_seconds=now)
            assert caught.value.http_status == 401
        assert await made.project_id() == fake.project_id

    asyncio.run(scenario())
    assert fake.counts()["api-keys"] == 0


def test_get_auth_is_an_ordinary_dependency(fake: Fake) -> None:
    """Applications replace it in their own tests."""
    app = FastAPI()

    @app.get("/")
    def organization(auth: Auth = Depends(get_auth)) -> str:
        return auth.organization_id()

    class Double:
        def organization_id(self) -> str:
            return "org_double"

    app.dependency_overrides[get_auth] = lambda: Double()
    assert TestClient(app).get("/").json() == "org_double"
    app.dependency_overrides.clear()
    with pytest.raises(RuntimeError, match="RequireAuthMiddleware"):
        TestClient(app).get("/")


def test_logs_hold_slugs_and_no_secrets(fake: Fake, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="tesseral_verify")
    token = fake.token(expired=1)
    client = TestClient(application(fake, api_keys_enabled=True))
    for credential in (token, fake.api_key[:-1] + "_"):
        assert client.get("/", headers=bearer(credential)).status_code == 401
    fake.command("fault/api-keys/status", status=500)
    assert client.get("/", headers=bearer(fake.api_key)).status_code == 503
    fake.command("fault/config/reset")
    assert TestClient(application(fake)).get("/", headers=bearer(token)).status_code == 503
    ours = [record.getMessage() for record in caplog.records if record.name == "tesseral_verify"]
    for slug in ("token_expired", "api_key_invalid", "api_key_lookup_failed", "keys_unavailable"):
        assert f"request refused: {slug}" in ours
    for message in ours:
        assert len(message) < 250
        for secret in (token, fake.api_key, fake.backend_api_key, "user0@example.com"):
            assert secret not in message


def test_the_example_of_the_documentation(fake: Fake) -> None:
    """The example of Tesseral's documentation, with another import and other hosts."""
    from fastapi import Depends, FastAPI

    from tesseral_verify.fastapi import Auth, RequireAuthMiddleware, get_auth

    app = FastAPI()
    app.add_middleware(
        RequireAuthMiddleware, publishable_key=fake.publishable_key, config_api_hostname=fake.host
    )

    @app.get("/me")
    def whoami(auth: Auth = Depends(get_auth)) -> dict[str, Optional[str]]:
        return {
            "email": auth.access_token_claims().user.email,
            "organization": auth.access_token_claims().organization.display_name,
        }

    answer = TestClient(app).get("/me", headers=bearer(fake.token()))
    assert answer.json() == {"email": "user0@example.com", "organization": "Example Organization"}
