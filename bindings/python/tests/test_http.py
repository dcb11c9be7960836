"""The way to the service: proxy variables, log lines when it cannot be reached, settings that can never work."""

from __future__ import annotations

import asyncio
import logging
import socket
from typing import Any

import pytest

from tesseral_verify import TesseralError
from tesseral_verify._async import AsyncAuthenticator
from tesseral_verify._settings import Settings
from tesseral_verify._sync import SyncAuthenticator

from .support.fake import Fake

PROXY = ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY")
KINDS = ["sync", "async"]


@pytest.fixture(autouse=True)
def environment(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", fake.ca_file)
    monkeypatch.setattr("tesseral_verify._http.TOTAL_SECONDS", 1.0)
    for name in PROXY:
        monkeypatch.delenv(name, raising=False)


def slug(kind: str, credential: str, **options: Any) -> str:
    """What a request gets: "ok", or the reason of the refusal."""
    settings, headers = Settings(**options), [("Authorization", f"Bearer {credential}")]
    try:
        if kind == "sync":
            SyncAuthenticator(settings, None, None).authenticate(headers)
        else:
            asyncio.run(on_loop(AsyncAuthenticator(settings, None, None), headers))
    except TesseralError as error:
        return error.slug
    return "ok"


async def on_loop(made: AsyncAuthenticator, headers: Any) -> None:
    try:
        await made.authenticate(headers)
    finally:
        # The fetch has at least the time of the request.
        await asyncio.sleep(0.3)


def of(fake: Fake, **options: Any) -> dict[str, Any]:
    made = {
        "publishable_key": fake.publishable_key,
        "config_api_hostname": fake.host,
        "backend_api_hostname": fake.host,
        "api_keys_enabled": True,
        "backend_api_key": fake.backend_api_key,
    }
    return {**made, **options}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "excepted",
    [
        "fd00::/8,127.0.0.1",
        "fd00::/8, 127.0.0.0/8",
        "[::1] 127.0.0.1",
        "::1/128,127.0.0.1",
        "http://[,127.0.0.1",
        "*.example.com,fe80::%eth0,127.0.0.1",
        "*",
    ],
)
def test_exceptions_that_curl_reads(fake: Fake, kind: str, excepted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for proxy in (None, "http://127.0.0.1:1"):
        monkeypatch.setenv("NO_PROXY", excepted)
        if proxy is not None:
            monkeypatch.setenv("HTTPS_PROXY", proxy)
        assert slug(kind, fake.token(), **of(fake)) == "ok"
        assert slug(kind, fake.api_key, **of(fake)) == "ok"


@pytest.mark.parametrize("kind", KINDS)
def test_a_proxy_is_asked(fake: Fake, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"127.0.0.1:{proxy.getsockname()[1]}")
        monkeypatch.setenv("NO_PROXY", "fd00::/8,127.0.0.2")
        assert slug(kind, fake.token(), **of(fake)) == "keys_unavailable"
        connection, _ = proxy.accept()
        with connection:
            assert connection.recv(99).startswith(f"CONNECT {fake.host} ".encode())


def closed_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("fault", "cause", "advice"),
    [
        ("connection_refused", "ConnectError from ConnectionRefusedError", "check the host and the port"),
        ("host_not_found", "ConnectError from gaierror", "check the host's name"),
        ("tls_failed", "ConnectError from SSLCertVerificationError", "check the host's certificate"),
        ("timed_out", "", "check the network"),
        ("http_status", "", "check the publishable key"),
        ("config_malformed", "", "check that the host is the service"),
    ],
)
def test_what_went_wrong_is_logged_with_host_cause_and_advice(
    fake: Fake,
    kind: str,
    fault: str,
    cause: str,
    advice: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    host = fake.host
    if fault == "connection_refused":
        host = f"127.0.0.1:{closed_port()}"
    elif fault == "host_not_found":
        host = "config.tesseral.invalid"
    elif fault == "tls_failed":
        monkeypatch.delenv("SSL_CERT_FILE")
    elif fault == "timed_out":
        fake.command("fault/config/hang")
    elif fault == "http_status":
        fake.command("fault/config/status", status=404)
    else:
        fake.command("fault/config/html")
    assert slug(kind, fake.token(), **of(fake, config_api_hostname=host)) == "keys_unavailable"
    told = caplog.messages[0]
    assert told.startswith(f"no configuration document from {host}: "), told
    assert f"[{fault}]; {advice}" in told
    assert cause in told
    assert caplog.records[0].levelno == logging.WARNING


@pytest.mark.parametrize("kind", KINDS)
def test_an_unanswered_question_is_logged(fake: Fake, kind: str, caplog: pytest.LogCaptureFixture) -> None:
    host = f"127.0.0.1:{closed_port()}"
    assert slug(kind, fake.api_key, **of(fake, backend_api_hostname=host)) == "api_key_lookup_failed"
    assert caplog.messages[0].startswith(f"no answer about API keys from {host}: nothing listens")


@pytest.mark.parametrize("kind", [SyncAuthenticator, AsyncAuthenticator])
@pytest.mark.parametrize(
    ("variable", "value", "reason"),
    [
        ("SSL_CERT_FILE", "/nonexistent/authorities.pem", "SSL_CERT_FILE"),
        ("HTTPS_PROXY", "http://", "HTTPS_PROXY is not the URL of a proxy"),
        ("https_proxy", "http://proxy:port", "https_proxy is not the URL of a proxy"),
        ("ALL_PROXY", "socks5h://127.0.0.1:1080", r"httpx\[socks\]"),
    ],
)
def test_an_environment_in_which_nothing_can_work_is_refused(
    fake: Fake, kind: Any, variable: str, value: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(ValueError, match=reason):
        kind(Settings(**of(fake)), None, None)


@pytest.mark.parametrize("interval", [0, -1, float("nan")])
def test_intervals_that_can_never_work(fake: Fake, interval: float) -> None:
    with pytest.raises(ValueError, match="jwks_refresh_interval_seconds"):
        Settings(**of(fake, jwks_refresh_interval_seconds=interval))
