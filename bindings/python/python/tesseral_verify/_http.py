"""HTTP with the bounds that a fetch needs: time, size, and no redirects. The only place that names httpx."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator
from typing import Optional

import anyio
import httpx

from ._native import ApiKey
from ._settings import Settings

AsyncClient = httpx.AsyncClient
Client = httpx.Client

TOTAL_SECONDS = 5.0
"""No fetch takes longer, from connecting to the last octet."""

MAX_BODY_LEN = 262_144
"""Longest answer that is read, in octets; that of the library."""

MAX_SLEEP_SECONDS = 60.0
"""The background looks at its clocks at least this often."""

_TIMEOUT = httpx.Timeout(TOTAL_SECONDS, connect=2.0)


class FetchError(Exception):
    """No usable answer; says why without a secret."""


async def fetch_document_async(client: Optional[AsyncClient], settings: Settings) -> bytes:
    """GETs the configuration document, through the application's client when there is one."""
    if client is None:
        # Once an hour: a connection that stays open would be bound to this event loop for nothing.
        async with AsyncClient(timeout=_TIMEOUT) as own:
            return await fetch_document_async(own, settings)
    with anyio.fail_after(TOTAL_SECONDS):
        return _document(*await _exchange_async(client, "GET", settings.config_url))


def fetch_document(client: Optional[Client], settings: Settings) -> bytes:
    """GETs the configuration document, through the application's client when there is one."""
    if client is None:
        with new_client() as own:
            return fetch_document(own, settings)
    return _document(*_exchange(client, "GET", settings.config_url))


async def ask_async(client: AsyncClient, settings: Settings, key: ApiKey) -> tuple[int, bytes]:
    """Asks the service about an API key: status and body of the answer."""
    with anyio.fail_after(TOTAL_SECONDS):
        return await _exchange_async(client, "POST", settings.api_keys_url, _headers(settings), key.request())


def ask(client: Client, settings: Settings, key: ApiKey) -> tuple[int, bytes]:
    """Asks the service about an API key: status and body of the answer."""
    return _exchange(client, "POST", settings.api_keys_url, _headers(settings), key.request())


def new_client() -> Client:
    """A client for requests from any thread."""
    return Client(timeout=_TIMEOUT)


async def clients_of_loop() -> AsyncGenerator[AsyncClient, None]:
    """Yields one client, and closes it with its event loop.

    An event loop closes the asynchronous generators that it has started before it ends; a client closed later than
    that could not close its connections any more.
    """
    async with AsyncClient(timeout=_TIMEOUT) as client:
        yield client


def _headers(settings: Settings) -> dict[str, str]:
    return {"authorization": f"Bearer {settings.backend_api_key}", "content-type": "application/json"}


def _document(status: int, body: bytes) -> bytes:
    if status != 200:
        raise FetchError(f"HTTP status {status}")
    return body


async def _exchange_async(
    client: AsyncClient,
    method: str,
    url: str,
    headers: Optional[dict[str, str]] = None,
    content: Optional[bytes] = None,
) -> tuple[int, bytes]:
    body = bytearray()
    async with client.stream(method, url, headers=headers, content=content, follow_redirects=False) as response:
        async for piece in response.aiter_bytes():
            _append(body, piece)
    return response.status_code, bytes(body)


def _exchange(
    client: Client, method: str, url: str, headers: Optional[dict[str, str]] = None, content: Optional[bytes] = None
) -> tuple[int, bytes]:
    deadline = time.monotonic() + TOTAL_SECONDS
    body = bytearray()
    with client.stream(method, url, headers=headers, content=content, follow_redirects=False) as response:
        for piece in response.iter_bytes():
            _append(body, piece)
            if time.monotonic() > deadline:
                raise FetchError("time-out")
    return response.status_code, bytes(body)


def _append(body: bytearray, piece: bytes) -> None:
    body += piece
    if len(body) > MAX_BODY_LEN:
        raise FetchError("the answer is too large")
