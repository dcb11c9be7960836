"""Doubles of Tesseral's clients in applications' tests: what their answers mean, and what the log says about them."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any
from unittest.mock import AsyncMock, MagicMock

import httpx
import pytest
import tesseral
from tesseral.core import ApiError
from tesseral.types import AuthenticateApiKeyResponse

from tesseral_verify import TesseralError
from tesseral_verify._async import AsyncAuthenticator
from tesseral_verify._settings import Settings
from tesseral_verify._sync import SyncAuthenticator

from .support.fake import Fake


def slug(fake: Fake, kind: str, key: str, answer: Any) -> str:
    settings = Settings(fake.publishable_key, fake.host, api_keys_enabled=True)
    double = MagicMock() if kind == "sync" else SimpleNamespace(api_keys=AsyncMock())
    method = double.api_keys.authenticate_api_key
    method.side_effect, method.return_value = (answer, None) if isinstance(answer, Exception) else (None, answer)
    headers = [("Authorization", f"Bearer {key}")]
    try:
        if kind == "sync":
            auth = SyncAuthenticator(settings, None, double).authenticate(headers)
        else:
            asked = AsyncAuthenticator(settings, None, double).authenticate(headers)
            auth = asyncio.run(asyncio.wait_for(asked, 5))
    except TesseralError as error:
        return error.slug
    return auth.organization_id()


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_answers(fake: Fake, kind: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", fake.ca_file)
    key, refusal = fake.api_key, {"message": "unauthenticated_api_key"}
    cases: list[tuple[str, Any, str, str]] = [
        (key, AuthenticateApiKeyResponse(api_key_id="api_key_1", organization_id="org_1"), "org_1", ""),
        (key, AuthenticateApiKeyResponse(api_key_id="k", organization_id="o", actions=["a.b.c"]), "o", ""),
        (key, tesseral.BadRequestError(body=refusal), "api_key_invalid", ""),
        ("short_key", AuthenticateApiKeyResponse(api_key_id="k", organization_id="o"), "api_key_invalid", "was not asked"),
        (key, AuthenticateApiKeyResponse(organization_id="org_1"), "api_key_lookup_failed", "lacks the text api_key_id:"),
        (key, AuthenticateApiKeyResponse(), "api_key_lookup_failed", "lacks the text api_key_id and organization_id:"),
        (key, MagicMock(), "api_key_lookup_failed", "lacks the text api_key_id and organization_id:"),
        (key, SimpleNamespace(api_key_id="k", organization_id="o", actions=[1]), "api_key_lookup_failed", "not all text"),
        (key, ValueError("secret"), "api_key_lookup_failed", "tesseral_client raised ValueError without"),
        (key, tesseral.BadRequestError(body=None), "api_key_lookup_failed", "tesseral_client raised BadRequestError without"),
        (key, tesseral.BadRequestError(body={"message": "other"}), "api_key_lookup_failed", "HTTP status 400"),
        # What cannot be a status at all.
        (key, ApiError(status_code=70_000, body=refusal), "api_key_lookup_failed", "http_status"),
        (key, ApiError(status_code=-1, body=refusal), "api_key_lookup_failed", "(OverflowError)"),
        (key, ApiError(status_code=2**40, body=refusal), "api_key_lookup_failed", "(OverflowError)"),
    ]
    for credential, answer, expected, told in cases:
        caplog.clear()
        assert slug(fake, kind, credential, answer) == expected, (answer, caplog.messages)
        assert told in (caplog.messages or [""])[0]
        assert bool(caplog.messages) == bool(told), caplog.messages
        assert not any(word in message for message in caplog.messages for word in (key, "short_key", "secret"))
    assert fake.count("api-keys") == 0


@pytest.mark.parametrize("status", [-1, 70_000, 2**40])
@pytest.mark.parametrize("kind", ["sync", "async"])
def test_documents(
    fake: Fake, kind: str, status: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The client of an application answers with what cannot be a status: the flight has to end with a report."""
    monkeypatch.setattr("tesseral_verify._http.TOTAL_SECONDS", 0.2)
    transport = httpx.MockTransport(lambda _: httpx.Response(status, content=b"{}"))
    settings = Settings(fake.publishable_key, fake.host)
    headers = [("Authorization", f"Bearer {fake.token()}")]
    with pytest.raises(TesseralError, match="no current keys"):
        if kind == "sync":
            SyncAuthenticator(settings, httpx.Client(transport=transport), None).authenticate(headers)
        else:
            client = httpx.AsyncClient(transport=transport)
            asyncio.run(AsyncAuthenticator(settings, client, None).authenticate(headers))
    assert [message for message in caplog.messages if "no configuration document" in message] != []
