"""What operators see of the middlewares, alike with FastAPI, Flask and Django: readiness, numbers, log lines, spans."""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Callable, Union

import pytest

from . import test_django as base  # it makes Django's settings

from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path
from fastapi import Depends, FastAPI, WebSocket
from flask import Flask, request
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider, sampling
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import CollectorRegistry, Counter, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.testclient import TestClient

from tesseral_verify import Authenticator, TesseralError, _http
from tesseral_verify import django as for_django
from tesseral_verify import fastapi as for_fastapi
from tesseral_verify import flask as for_flask
from tesseral_verify._async import AsyncAuthenticator
from tesseral_verify._sync import SyncAuthenticator

from .support.fake import Fake
from .test_authenticator import authenticator as native

configured = base.configured

PROBES = ("/readyz", "/metrics", "/stats")


@dataclass
class App:
    """An application with probes that need no credential, and other paths that need one."""

    ask: Callable[..., tuple[int, str]]
    """Path and value of Authorization, or nothing: status and body."""

    def counts(self) -> dict[str, Any]:
        counts: dict[str, Any] = json.loads(self.ask("/stats")[1])
        return counts

    def requests(self) -> dict[str, int]:
        """How many requests ended with each slug, without zeros."""
        return {slug: count for slug, count in self.counts()["requests"].items() if count}


class Lenient(for_fastapi.RequireAuthMiddleware):
    async def dispatch(self, request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        if request.url.path in PROBES:
            return await call_next(request)
        return await super().dispatch(request, call_next)


def readyz(ready: bool, reason: Union[str, None]) -> tuple[str, int]:
    assert ready is (reason is None)
    return ("ready", 200) if ready else (f"not ready: {reason}", 503)


@contextmanager
def fastapi(fake: Fake, **options: Any) -> Iterator[App]:
    app = FastAPI()
    app.add_middleware(
        for_fastapi.RequireAuthMiddleware if "exclude" in options else Lenient,
        publishable_key=fake.publishable_key,
        config_api_hostname=fake.host,
        backend_api_hostname=fake.host,
        api_keys_enabled=True,
        **options,
    )
    Asked = Depends(for_fastapi.get_authenticator)

    @app.get("/")
    def root(auth: for_fastapi.Auth = Depends(for_fastapi.get_auth)) -> str:
        return auth.organization_id()

    @app.get("/readyz")
    async def ready(authenticator: AsyncAuthenticator = Asked) -> PlainTextResponse:
        return PlainTextResponse(*readyz(await authenticator.wait_until_ready(1), authenticator.not_ready_reason()))

    @app.get("/metrics")
    def metrics(authenticator: AsyncAuthenticator = Asked) -> PlainTextResponse:
        return PlainTextResponse(authenticator.stats_prometheus())

    @app.get("/stats")
    def stats(authenticator: AsyncAuthenticator = Asked) -> PlainTextResponse:
        return PlainTextResponse(authenticator.stats_json())

    @app.websocket("/socket")
    async def socket(websocket: WebSocket, authenticator: AsyncAuthenticator = Asked) -> None:
        await websocket.accept()
        await websocket.send_text(authenticator.stats_json())
        await websocket.close()

    with TestClient(app) as client:

        def ask(path_of_route: str, authorization: str = "") -> tuple[int, str]:
            if path_of_route == "/socket":
                with client.websocket_connect(path_of_route, headers={"Authorization": authorization}) as connected:
                    return 200, connected.receive_text()
            answer = client.get(path_of_route, headers={"Authorization": authorization} if authorization else {})
            return answer.status_code, answer.text

        yield App(ask)


@contextmanager
def flask(fake: Fake, **options: Any) -> Iterator[App]:
    app = Flask(__name__)
    hook = for_flask.require_auth(
        publishable_key=fake.publishable_key,
        config_api_hostname=fake.host,
        backend_api_hostname=fake.host,
        api_keys_enabled=True,
        **options,
    )
    authenticator = hook.access_token_authenticator
    app.before_request(hook if "exclude" in options else lambda: None if request.path in PROBES else hook())
    app.add_url_rule("/", "root", for_flask.organization_id)
    app.add_url_rule("/metrics", "metrics", authenticator.stats_prometheus)
    app.add_url_rule("/stats", "stats", authenticator.stats_json)
    app.add_url_rule(
        "/readyz", "readyz", lambda: readyz(authenticator.wait_until_ready(1), authenticator.not_ready_reason())
    )

    def ask(path_of_view: str, authorization: str = "") -> tuple[int, str]:
        answer = app.test_client().get(path_of_view, headers={"Authorization": authorization} if authorization else {})
        return answer.status_code, answer.text

    yield App(ask)


@contextmanager
def django(fake: Fake, **options: Any) -> Iterator[App]:
    @for_django.require_auth
    def root(request: HttpRequest) -> HttpResponse:
        return HttpResponse(for_django.organization_id(request))

    def ready(request: HttpRequest) -> HttpResponse:
        asked = for_django.authenticator(request)
        text, status = readyz(asked.wait_until_ready(1), asked.not_ready_reason())
        return HttpResponse(text, status=status)

    def metrics(request: HttpRequest) -> HttpResponse:
        return HttpResponse(for_django.authenticator(request).stats_prometheus())

    def stats(request: HttpRequest) -> HttpResponse:
        return HttpResponse(for_django.authenticator(request).stats_json())

    urls = (path("", root), path("readyz", ready), path("metrics", metrics), path("stats", stats))
    client = Client()

    def ask(path_of_view: str, authorization: str = "") -> tuple[int, str]:
        answer = client.get(path_of_view, **({"HTTP_AUTHORIZATION": authorization} if authorization else {}))
        return answer.status_code, answer.content.decode()

    with override_settings(ROOT_URLCONF=urls, **{f"TESSERAL_{name.upper()}": value for name, value in options.items()}):
        yield App(ask)


FRAMEWORKS = pytest.mark.parametrize("framework", [fastapi, flask, django], ids=lambda framework: framework.__name__)


@pytest.fixture(autouse=True)
def backend_api_key(configured: None, fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TESSERAL_BACKEND_API_KEY", fake.backend_api_key)


@FRAMEWORKS
def test_a_probe_fetches_the_document_and_says_why_it_is_not_ready(
    framework: Any, fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_http, "TOTAL_SECONDS", 0.5)
    fake.command("fault/config/status", status=404)
    with framework(fake) as app:
        assert app.ask("/readyz") == (503, "not ready: no keys were ever loaded: the answer has HTTP status 404")
        counts = app.counts()
        assert (counts["ready"], counts["notReady"], counts["snapshotAgeSeconds"]) == (False, "never_loaded", None)
        assert counts["lastFault"]["slug"] == "http_status" and counts["refreshFailures"] >= 1
        assert counts["lastFault"]["secondsAgo"] < 60
        assert "tesseral_ready{" in app.ask("/metrics")[1] and "snapshot_age" not in app.ask("/metrics")[1]
    fake.reset()
    with framework(fake) as app:
        # Django's middleware authenticates each request, also those for public views.
        assert app.counts()["refreshes"] == fake.count("config") == (1 if framework is django else 0)
        assert app.ask("/readyz") == (200, "ready") and app.ask("/readyz") == (200, "ready")
        assert app.counts()["refreshes"] == fake.count("config") == 1


@FRAMEWORKS
def test_probes_under_an_excluded_path_reach_the_authenticator(framework: Any, fake: Fake) -> None:
    with framework(fake, exclude=list(PROBES)) as app:
        assert app.ask("/")[0] == 401
        assert app.ask("/readyz") == app.ask("/readyz", "Bearer a.b.c") == (200, "ready")
        assert app.requests() == {"credentials_missing": 1}, "requests for excluded paths do not count"
        assert f'project="{fake.project_id}"' in app.ask("/metrics")[1]
    with framework(fake, exclude=list(PROBES)) as app:
        assert (app.ask("/stats")[0], app.counts()["refreshes"]) == (200, 0)
        assert (app.ask("/readyz"), app.counts()["refreshes"]) == ((200, "ready"), 1)


def shape(value: Any) -> Any:
    """Which members a JSON object has, and what kind of thing each is."""
    if isinstance(value, dict):
        return {name: shape(member) for name, member in value.items()}
    return type(value).__name__


@FRAMEWORKS
def test_numbers_have_the_names_and_shapes_of_the_librarys_own(framework: Any, fake: Fake) -> None:
    own = native(fake, api_keys_enabled=True)
    good, expired = fake.token(), fake.token(expired=1)

    def asked_own(headers: list[tuple[str, str]]) -> None:
        try:
            own.authenticate(headers)
        except TesseralError:
            pass

    revoked = fake.command("api-key")
    fake.command("revoke", key=revoked)
    with framework(fake) as app:
        for credential, status in ((good, 200), (good, 200), (fake.api_key, 200), (expired, 401), (revoked, 401)):
            assert app.ask("/", f"Bearer {credential}")[0] == status
            asked_own([("Authorization", f"Bearer {credential}")])
        assert app.ask("/", f"Bearer {revoked}")[0] == 401  # remembered
        asked_own([("Authorization", f"Bearer {revoked}")])
        fake.command("fault/api-keys/status", status=500)
        assert app.ask("/", f"Bearer {fake.api_key}")[0] == 503
        asked_own([("Authorization", f"Bearer {fake.api_key}")])
        fake.command("rotate")
        assert app.ask("/", f"Bearer {fake.token()}")[0] == 200
        asked_own([("Authorization", f"Bearer {fake.token()}")])

        ours, theirs = app.counts(), json.loads(own.stats_json())
        # Django authenticates the probes' requests, too.
        assert ours["requests"].pop("credentials_missing") == (1 if framework is django else 0)
        assert {slug: count for slug, count in ours["requests"].items() if count} == {
            "ok": 4,
            "token_expired": 1,
            "api_key_invalid": 2,
            "api_key_lookup_failed": 1,
        }
        ours["requests"]["credentials_missing"] = 0
        assert shape(ours) == shape(theirs)
        for name in ("lookups", "lookupFailures", "apiKeyCacheHits", "refreshes", "earlyRefreshes", "projectId", "kids"):
            assert ours[name] == theirs[name], name
        assert (ours["lookups"], ours["lookupFailures"], ours["apiKeyCacheHits"]) == (3, 1, 1)
        assert (ours["refreshes"], ours["earlyRefreshes"], ours["lastFault"]["text"]) == (2, 1, theirs["lastFault"]["text"])

        text = app.ask("/metrics")[1]
        heads = [line for line in text.splitlines() if line.startswith("#")]
        assert heads == [line for line in own.stats_prometheus().splitlines() if line.startswith("#")]
        for secret in (good, expired, fake.api_key, revoked, fake.backend_api_key, "user0@example.com"):
            assert secret not in text + json.dumps(ours)


@FRAMEWORKS
def test_metrics_stand_beside_those_of_prometheus_client(framework: Any, fake: Fake) -> None:
    registry = CollectorRegistry()
    Counter("widgets", "The application's own.", registry=registry).inc()
    with framework(fake) as app:
        assert app.ask("/", f"Bearer {fake.token()}")[0] == 200
        text = generate_latest(registry).decode() + app.ask("/metrics")[1]
    families = {family.name: family for family in text_string_to_metric_families(text)}
    assert families["widgets"].samples[0].value == 1
    [accepted] = [sample for sample in families["tesseral_requests"].samples if sample.labels["slug"] == "ok"]
    assert accepted.value == 1
    assert accepted.labels == {"project": fake.project_id, "pid": str(os.getpid()), "slug": "ok"}
    assert families["tesseral_ready"].samples[0].labels == {"project": fake.project_id, "pid": str(os.getpid())}


def test_a_websocket_route_reaches_the_numbers(fake: Fake) -> None:
    with fastapi(fake) as app:
        assert json.loads(app.ask("/socket", f"Bearer {fake.token()}")[1])["requests"]["ok"] == 1


def test_tokens_that_come_another_way_count(fake: Fake) -> None:
    hook = for_flask.require_auth(publishable_key=fake.publishable_key, config_api_hostname=fake.host)
    authenticator: SyncAuthenticator = hook.access_token_authenticator
    authenticator.authenticate_access_token(access_token=fake.token())
    for token in ("word", fake.token(expired=1)):
        with pytest.raises(TesseralError):
            authenticator.authenticate_access_token(access_token=token)
    requests = json.loads(authenticator.stats_json())["requests"]
    assert (requests["ok"], requests["token_malformed"], requests["token_expired"]) == (1, 1, 1)


def test_without_a_middleware_there_is_no_authenticator() -> None:
    for reach in (for_fastapi.get_authenticator, for_django.authenticator):
        with pytest.raises(RuntimeError, match="Called"):
            reach(Request({"type": "http", "headers": []}))


@FRAMEWORKS
def test_each_refusal_leaves_one_line(framework: Any, fake: Fake, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="tesseral_verify")

    def lines() -> list[tuple[str, int, str]]:
        told = [record for record in caplog.records if record.name.startswith("tesseral_verify")]
        caplog.clear()
        return [(record.name, record.levelno, record.getMessage()) for record in told]

    with framework(fake) as app:
        assert app.ask("/", f"Bearer {fake.token()}")[0] == 200
        assert app.ask("/stats")[0] == 200
        assert lines() == []
        refused = {"": "credentials_missing", "Bearer a.b.c": "token_malformed"}
        refused[f"Bearer {fake.token(expired=1)}"] = "token_expired"
        for authorization, slug in refused.items():
            assert app.ask("/", authorization)[0] == 401
            assert lines() == [("tesseral_verify", logging.INFO, f"request refused: {slug}")]
        fake.command("fault/api-keys/status", status=500)
        assert app.ask("/", f"Bearer {fake.api_key}")[0] == 503
        assert lines()[-1] == ("tesseral_verify", logging.INFO, "request refused: api_key_lookup_failed")


@FRAMEWORKS
@pytest.mark.parametrize("sampler", [sampling.ALWAYS_ON, sampling.ALWAYS_OFF], ids=["recording", "not_recording"])
def test_spans_name_the_kind_of_credential_or_the_refusal(framework: Any, sampler: Any, fake: Fake) -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider(sampler=sampler)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    token = fake.token()
    with framework(fake) as app:
        for authorization in (f"Bearer {token}", f"Bearer {fake.api_key}", ""):
            with provider.get_tracer("tests").start_as_current_span("request"):
                app.ask("/", authorization)
        app.ask("/", f"Bearer {token}")  # in no span
    found = [dict(span.attributes or {}) for span in exporter.get_finished_spans()]
    expected = [
        {"tesseral.credentials_type": "access_token"},
        {"tesseral.credentials_type": "api_key"},
        {"tesseral.refusal": "credentials_missing"},
    ]
    assert found == (expected if sampler is sampling.ALWAYS_ON else [])
    assert trace.get_current_span().is_recording() is False


class Failing(trace.NonRecordingSpan):
    """As a tracer of another maker may give it."""

    def is_recording(self) -> bool:
        return True

    def set_attribute(self, *_: Any) -> None:
        raise ConnectionError("eyJ")


@FRAMEWORKS
def test_a_span_that_fails_fails_no_request(framework: Any, fake: Fake, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="tesseral_verify")
    with framework(fake) as app, trace.use_span(Failing(trace.INVALID_SPAN_CONTEXT)):
        assert app.ask("/", f"Bearer {fake.token()}")[0] == 200
        assert app.ask("/", f"Bearer {fake.api_key}")[0] == 200
        assert app.ask("/", "")[0] == 401
    told = [message for message in caplog.messages if "span" in message]
    assert told == ["the current span took no attribute (ConnectionError)"] * 3


def test_counts_are_there_under_threads(fake: Fake) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with flask(fake) as app:
        token = f"Bearer {fake.token()}"
        app.ask("/", token)
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda _: app.ask("/", token), range(200)))
        assert app.requests() == {"ok": 201}
        assert re.search(r'tesseral_requests_total\{project="[^"]*",pid="\d+",slug="ok"\} 201\n', app.ask("/metrics")[1])


def test_the_extension_modules_own_has_the_same_labels(fake: Fake) -> None:
    own: Authenticator = native(fake)
    own.verify_token(fake.token())
    assert f'tesseral_ready{{project="{fake.project_id}",pid="{os.getpid()}"}} 1\n' in own.stats_prometheus()
