"""HTTP with the bounds that a fetch needs: time, size, and no redirects. The only place that names httpx."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import AsyncGenerator, Iterator
from typing import Optional

import anyio
import httpx

from ._native import ApiKey, proxy_for
from ._settings import Settings

AsyncClient = httpx.AsyncClient
Client = httpx.Client

TOTAL_SECONDS = 5.0
"""The longest time of an exchange, from connecting to the last octet: DEFAULT_TOTAL_TIMEOUT_MS of src/limits.rs."""

MAX_BODY_LEN = 262_144
"""The longest answer that is read, in octets: MAX_DOCUMENT_LEN of src/limits.rs."""

MAX_SLEEP_SECONDS = 60.0
"""The longest sleep of the background. A fetch comes at most so late after the machine was suspended."""

_TIMEOUT = httpx.Timeout(TOTAL_SECONDS, connect=2.0)
"""2 s for connecting: DEFAULT_CONNECT_TIMEOUT_MS of src/limits.rs."""


class FetchError(Exception):
    """No usable answer. ``fault`` is the library's name for the reason, ``status`` the HTTP status if that is the reason."""

    def __init__(self, fault: str, status: int = 0) -> None:
        super().__init__(fault)
        # A client of the application's own may give a number that is no status.
        self.fault, self.status = fault, status if 100 <= status <= 999 else 0


def fault_of(error: BaseException) -> Optional[str]:
    """The library's name for what went wrong on the way to a host; None if it has no name for that."""
    # Behind a time-out is the operation that was interrupted, and that is no cause.
    causes = [error] if isinstance(error, (TimeoutError, httpx.TimeoutException)) else list(_causes(error))
    for kind, fault in _FAULTS:
        if any(isinstance(cause, kind) for cause in causes):
            return fault
    return None


def _causes(error: BaseException, depth: int = 0) -> Iterator[BaseException]:
    """The error and its causes. anyio tries all addresses of a host, and collects an error for each of them."""
    yield error
    if depth < 8:
        nearer = error.__cause__ or error.__context__
        for cause in ([nearer] if nearer is not None else []) + list(getattr(error, "exceptions", ())):
            yield from _causes(cause, depth + 1)


_FAULTS: list[tuple[tuple[type[BaseException], ...], str]] = [
    ((ssl.SSLError,), "tls_failed"),
    ((socket.gaierror,), "host_not_found"),
    ((ConnectionRefusedError,), "connection_refused"),
    ((TimeoutError, httpx.TimeoutException), "timed_out"),
    ((httpx.RemoteProtocolError, httpx.DecodingError), "answer_malformed"),
    ((httpx.NetworkError, httpx.ProxyError, OSError), "connection_failed"),
]
"""From the innermost cause to the outermost."""


async def fetch_document_async(client: Optional[AsyncClient], settings: Settings) -> bytes:
    """GETs the configuration document, through the application's client when there is one."""
    if client is None:
        # A fetch comes once an hour, and no connection has to stay open in this event loop until then.
        async with _new_async_client(settings.config_api_hostname) as own:
            return await fetch_document_async(own, settings)
    with anyio.fail_after(TOTAL_SECONDS):
        return _document(*await _exchange_async(client, "GET", settings.config_url))


def fetch_document(client: Optional[Client], settings: Settings) -> bytes:
    """GETs the configuration document, through the application's client when there is one."""
    if client is None:
        with new_client(settings.config_api_hostname) as own:
            return fetch_document(own, settings)
    return _document(*_exchange(client, "GET", settings.config_url))


async def ask_async(client: AsyncClient, settings: Settings, key: ApiKey) -> tuple[int, bytes]:
    """Asks the service about an API key; returns the status and the body of its answer."""
    with anyio.fail_after(TOTAL_SECONDS):
        return await _exchange_async(client, "POST", settings.api_keys_url, _headers(settings), key.request())


def ask(client: Client, settings: Settings, key: ApiKey) -> tuple[int, bytes]:
    """Asks the service about an API key; returns the status and the body of its answer."""
    return _exchange(client, "POST", settings.api_keys_url, _headers(settings), key.request())


def check(settings: Settings, has_http_client: bool, has_tesseral_client: bool) -> None:
    """Raises ValueError when no connection is possible: the proxy or the file of certificate authorities cannot be used."""
    hosts = [] if has_http_client else [settings.config_api_hostname]
    if settings.api_keys_enabled and not has_tesseral_client:
        hosts.append(settings.backend_api_hostname)
    for host in dict.fromkeys(hosts):
        try:
            new_client(host).close()
        except Exception as error:
            raise ValueError(
                f"no connection to {host} can be made ({type(error).__name__}): check the variables for proxies, "
                "SSL_CERT_FILE and SSL_CERT_DIR; a SOCKS proxy needs httpx[socks]"
            ) from error


def new_client(host: str) -> Client:
    """A client for requests to this host, from any thread."""
    proxy = proxy_for(host)
    # The proxy variables are read as curl reads them, and not by httpx, which cannot read some. A client without a
    # transport of its own would read them once more.
    transport = None if proxy else httpx.HTTPTransport()
    return Client(timeout=_TIMEOUT, proxy=proxy, transport=transport)


async def clients_of_loop(host: str) -> AsyncGenerator[AsyncClient, None]:
    """Yields one client, and closes it with its event loop.

    Before an event loop ends, it closes its asynchronous generators. Later, a client could not close its connections.
    """
    async with _new_async_client(host) as client:
        yield client


def _new_async_client(host: str) -> AsyncClient:
    proxy = proxy_for(host)
    transport = None if proxy else httpx.AsyncHTTPTransport()
    return AsyncClient(timeout=_TIMEOUT, proxy=proxy, transport=transport)


def _headers(settings: Settings) -> dict[str, str]:
    return {"authorization": f"Bearer {settings.backend_api_key}", "content-type": "application/json"}


def _document(status: int, body: bytes) -> bytes:
    if status != 200:
        raise FetchError("http_status", status)
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
                raise FetchError("timed_out")
    return response.status_code, bytes(body)


def _append(body: bytearray, piece: bytes) -> None:
    body += piece
    if len(body) > MAX_BODY_LEN:
        raise FetchError("answer_too_large")
