"""The FastAPI middleware beside tesseral-fastapi: the same requests, the same answers, but for the table's rows."""

from __future__ import annotations

import importlib.util
import inspect
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, Optional

import pytest

if importlib.util.find_spec("tesseral_fastapi") is None:
    # Its package needs Python 3.13; tests/run.sh says so loudly, and fails where there is one.
    pytest.skip("tesseral-fastapi is not installed", allow_module_level=True)

import httpx
from fastapi import FastAPI
from starlette.requests import Request
from starlette.testclient import TestClient
from tesseral import AsyncTesseral

from ..support.fake import Fake
from ..support.tokens import Signer, claims
from .cases import Case, api_key_cases, bearer, differences, place_cases, token_cases
from .compare import Tally
from .fastapi_apps import OURS, THEIRS, application

TALLY = Tally("fastapi")


class Pair:
    """Both applications, with API keys on and off, each on an event loop that stays."""

    def __init__(self, fake: Fake, stack: ExitStack) -> None:
        self._clients = {
            (package, api_keys): stack.enter_context(
                TestClient(application(package, **options(fake, api_keys)), raise_server_exceptions=False)
            )
            for package in (THEIRS, OURS)
            for api_keys in (True, False)
        }

    def answers(self, case: Case) -> tuple[httpx.Response, httpx.Response]:
        theirs, ours = (
            self._clients[package, case.api_keys].request(
                case.method, case.path, headers=case.headers, follow_redirects=False
            )
            for package in (THEIRS, OURS)
        )
        return theirs, ours


def options(fake: Fake, api_keys: bool, backend_api_key: Optional[str] = None) -> dict[str, Any]:
    http_client, backend_client = (httpx.AsyncClient(verify=fake.tls()) for _ in range(2))
    return {
        "clients": (http_client, backend_client),
        "publishable_key": fake.publishable_key,
        "config_api_hostname": fake.host,
        "http_client": http_client,
        "api_keys_enabled": api_keys,
        "tesseral_client": AsyncTesseral(
            base_url=f"https://{fake.host}",
            backend_api_key=backend_api_key or fake.backend_api_key,
            httpx_client=backend_client,
        ),
    }


@pytest.fixture(scope="module")
def signer() -> Signer:
    return Signer()


@pytest.fixture
def ready(fake: Fake, signer: Signer) -> Fake:
    fake.command("document", key=signer.jwk)
    return fake


@pytest.fixture
def pair(ready: Fake) -> Iterator[Pair]:
    with ExitStack() as stack:
        yield Pair(ready, stack)


def run(pair: Pair, cases: Iterator[Case]) -> list[httpx.Response]:
    wrong: list[str] = []
    answers = []
    for case in cases:
        theirs, ours = pair.answers(case)
        answers.append(ours)
        wrong += filter(None, [TALLY.compare(case, theirs, ours)])
    assert not wrong, "\n".join(wrong)
    return answers


@pytest.mark.parametrize("cases", [token_cases, lambda fake, _: place_cases(fake), lambda fake, _: api_key_cases(fake)])
def test_requests(pair: Pair, ready: Fake, signer: Signer, cases: Callable[[Fake, Signer], Iterator[Case]]) -> None:
    answers = run(pair, cases(ready, signer))
    assert {answer.status_code for answer in answers} >= {200, 401}
    assert not any("www-authenticate" in answer.headers for answer in answers)
    refusals = {answer.content for answer in answers if answer.status_code == 401 and answer.content}
    assert refusals == {b'{"error":"Unauthorized"}'}


def test_headers_that_a_client_would_not_send(pair: Pair, ready: Fake) -> None:
    """Through the applications' own interface: this HTTP client folds or drops such headers."""
    good = ready.token()
    two = [("Authorization", f"Bearer {good}"), ("Authorization", f"Bearer {good}")]
    empty = [("Authorization", "Bearer"), ("Cookie", f"{ready.cookie_name}={good}")]
    run(pair, iter([Case("two headers", two, difference="two-authorizations")]))
    run(pair, iter([Case("Bearer, good cookie", empty, difference="bearer-empty")]))


def test_faults_of_the_api_key_endpoint(pair: Pair, ready: Fake) -> None:
    for name, fault, parameters in (
        ("500", "status", {"status": 500}),
        ("404", "status", {"status": 404}),
        ("empty 200", "empty-ok", {}),
        ("a page", "html", {}),
        ("half of it", "malformed-json", {}),
        ("reset", "reset", {}),
    ):
        ready.command(f"fault/api-keys/{fault}", **parameters)
        run(pair, iter([Case(f"lookup: {name}", bearer(ready.api_key), difference="lookup-failed")]))
    ready.command("fault/api-keys/none")
    ready.command("api-keys", enabled=0)
    try:
        run(pair, iter([Case("API keys off", bearer(ready.command("api-key")), difference="permission-denied")]))
    finally:
        ready.command("api-keys", enabled=1)
    run(pair, iter([Case("API keys on again", bearer(ready.api_key))]))


def test_an_own_key_that_is_malformed(ready: Fake) -> None:
    clients = [
        TestClient(application(package, **options(ready, True, "tesseral_secret_key_x"))) for package in (THEIRS, OURS)
    ]
    with clients[0], clients[1]:
        theirs, ours = (client.get("/info", headers=dict(bearer(ready.api_key))) for client in clients)
    assert TALLY.compare(Case("own key", difference="own-key"), theirs, ours) is None


@pytest.mark.parametrize("credential", ["token", "API key", "none"])
def test_no_configuration(fake: Fake, credential: str) -> None:
    headers = {"token": bearer(fake.token()), "API key": bearer(fake.api_key), "none": []}[credential]
    for number, (fault, parameters) in enumerate(
        [("status", {"status": 500}), ("reset", {}), ("malformed-json", {}), ("html", {})]
    ):
        fake.command(f"fault/config/{fault}", **parameters)
        clients = [
            TestClient(application(package, **options(fake, True)), raise_server_exceptions=False)
            for package in (THEIRS, OURS)
        ]
        with clients[0], clients[1]:
            theirs, ours = (client.get("/info", headers=dict(headers)) for client in clients)
        assert TALLY.compare(Case(f"config {number} {credential}", difference="config-down"), theirs, ours) is None
        assert ours.content == b'{"error":"Service Unavailable"}'


def test_get_auth_outside() -> None:
    clients = [TestClient(application(package), raise_server_exceptions=False) for package in (THEIRS, OURS)]
    theirs, ours = (client.get("/info") for client in clients)
    assert TALLY.compare(Case("outside", difference="outside"), theirs, ours) is None
    with pytest.raises(AttributeError):
        TestClient(application(THEIRS)).get("/info")
    with pytest.raises(RuntimeError, match="Did you forget to use RequireAuthMiddleware"):
        TestClient(application(OURS)).get("/info")


def test_where_the_sender_is_kept(ready: Fake) -> None:
    """With the state of the connection there, with the request here."""
    found = []
    for package in (THEIRS, OURS):
        app, shared = application(package, **options(ready, False)), {}

        async def server(scope: Any, receive: Any, send: Any) -> None:
            await app({**scope, "state": shared}, receive, send)

        token = ready.token()
        with TestClient(server) as client:
            assert client.get("/info", headers=dict(bearer(token))).json()["credentials"] == token
        another = Request({"type": "http", "headers": [], "state": shared})
        try:
            found.append(importlib.import_module(package).get_auth(another).credentials() == token)
        except RuntimeError:
            found.append(False)
    assert found == [True, False]


def test_api_keys_without_a_backend_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TESSERAL_BACKEND_API_KEY", raising=False)
    texts = []
    for package in (THEIRS, OURS):
        middleware = importlib.import_module(package).RequireAuthMiddleware
        with pytest.raises(RuntimeError) as caught:
            middleware(None, publishable_key="publishable_key_x", api_keys_enabled=True)
        texts.append(str(caught.value))
    assert texts[0] == texts[1]


def test_the_constructors_agree() -> None:
    signatures = [
        inspect.signature(importlib.import_module(package).RequireAuthMiddleware.__init__) for package in (THEIRS, OURS)
    ]
    theirs, ours = (
        {name: (parameter.kind, parameter.default) for name, parameter in signature.parameters.items()}
        for signature in signatures
    )
    assert {name: ours[name] for name in theirs} == theirs
    assert set(ours) - set(theirs) == {
        "backend_api_hostname",
        "exclude",
        "leeway_seconds",
        "refusal_body",
        "revoked",
        "www_authenticate",
    }
    for name in ("credentials_type", "organization_id", "access_token_claims", "credentials", "has_permission"):
        methods = [getattr(importlib.import_module(package).Auth, name) for package in (THEIRS, OURS)]
        parameters = [list(inspect.signature(method).parameters) for method in methods]
        assert parameters[0] == parameters[1], name


def test_the_attributes_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TESSERAL_BACKEND_API_KEY", "tesseral_secret_key_x")
    theirs, ours = (
        importlib.import_module(package).RequireAuthMiddleware(FastAPI(), publishable_key="publishable_key_x")
        for package in (THEIRS, OURS)
    )
    names = {name for name in vars(theirs) if not name.startswith("_")} - {"dispatch_func"}
    assert "access_token_authenticator" in names
    for name in names:
        value = getattr(ours, name)
        if isinstance(value, (str, int, bool)):
            assert value == getattr(theirs, name), name
        assert value is not None, name
    for name in ("project_id", "authenticate_access_token"):
        methods = [getattr(each.access_token_authenticator, name) for each in (theirs, ours)]
        assert all(map(inspect.iscoroutinefunction, methods))
        parameters = [list(inspect.signature(method).parameters) for method in methods]
        assert parameters[0] == parameters[1]


def test_the_second_of_expiry(ready: Fake, signer: Signer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both packages' own functions, since only there the clock can be given."""
    from tesseral_fastapi._access_token_authenticator import (
        InvalidAccessTokenException,
        _authenticate_access_token,
        _parse_config,
    )

    from tesseral_verify import TesseralError, Verifier

    document = f'{{"projectId":"{ready.project_id}","keys":[{signer.jwk}]}}'
    token = signer.token(claims(ready.issuer, exp=1300, nbf=1000, iat=1000))
    keys = _parse_config(document).jwks
    moments = ((999, 401, 401), (1000, 200, 200), (1300, 200, 200), (1300.5, 401, 200), (1301, 401, 401))
    for now, theirs, ours in moments:
        found = []
        for call in (
            lambda: _authenticate_access_token(keys, token, now),
            lambda: Verifier(document).verify_token(token, now),
        ):
            try:
                call()
                found.append(200)
            except (InvalidAccessTokenException, TesseralError):
                found.append(401)
        assert found == [theirs, ours], now
    TALLY.seen.add("expired-in-second")


def test_nothing_was_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    """Runs last: at least 150 requests, and every row of the table."""
    with capsys.disabled():
        print(f"\n{TALLY}")
    assert len(TALLY.ran) >= 150
    assert TALLY.seen == set(differences())
