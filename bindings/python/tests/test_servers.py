"""Under real servers: gunicorn that forks after loading the application, uvicorn (WebSockets), hypercorn (HTTP/2)."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets

from .support.fake import Fake
from .support.pages import PAGES, blocks
from .support.ports import EPHEMERAL, free_port

APPS = "tests.support.apps"


@pytest.mark.skipif(not EPHEMERAL.exists(), reason="only Linux says which ports it hands out")
def test_the_kernel_gives_a_servers_port_to_no_other_program() -> None:
    lowest, highest = map(int, EPHEMERAL.read_text().split())
    assert not any(lowest <= free_port() <= highest for _ in range(20))


@contextmanager
def serving(fake: Fake, *command: str, **variables: str) -> Iterator[str]:
    """Runs a server and gives its host and port."""
    host = f"127.0.0.1:{free_port()}"
    environment = {
        **os.environ,
        "FAKE_PUBLISHABLE_KEY": fake.publishable_key,
        "FAKE_HOST": fake.host,
        "SSL_CERT_FILE": fake.ca_file,
        "TESSERAL_BACKEND_API_KEY": fake.backend_api_key,
        **variables,
    }
    arguments = [argument.format(host=host, port=host.split(":")[1]) for argument in command]
    folder = Path(__file__).parents[1]
    process = subprocess.Popen([sys.executable, "-m", *arguments], env=environment, cwd=folder)
    try:
        for _ in range(300):
            try:
                socket.create_connection(("127.0.0.1", int(host.split(":")[1])), timeout=1).close()
                break
            except OSError:
                assert process.poll() is None, "the server has ended"
                time.sleep(0.1)
        else:
            raise AssertionError("the server does not listen")
        yield host
    finally:
        process.terminate()
        process.wait(timeout=30)


def pids(host: str, credential: str) -> set[int]:
    """The workers that answered; every answer has to be good."""
    seen = set()
    for _ in range(200):
        # Each request has its own connection, so that any worker may take it.
        answer = httpx.get(f"http://{host}/", headers={"Authorization": f"Bearer {credential}"}, timeout=20)
        assert answer.status_code == 200, (answer.status_code, answer.text)
        seen.add(answer.json()[0])
        if len(seen) == 2:
            break
    return seen


[OF_THE_PAGE] = blocks(PAGES / "servers.md", "sh")


@pytest.mark.parametrize("line", OF_THE_PAGE.splitlines())
def test_servers_of_the_page(fake: Fake, line: str) -> None:
    command = line.replace("127.0.0.1:8000", "{host}").replace("8000", "{port}").replace("app:", f"{APPS}:").split()
    with serving(fake, *command) as host:
        time.sleep(0.5)
        assert fake.counts()["connections"] == 0, "something was started before the first request"
        assert len(pids(host, fake.token())) == 2
        assert fake.count("config") == 2
        assert len(pids(host, fake.api_key)) == 2


def test_uwsgi_as_the_page_configures_it(fake: Fake, tmp_path: Path) -> None:
    [configuration] = blocks(PAGES / "servers.md", "ini")
    (tmp_path / "uwsgi.ini").write_text(configuration.replace("app:", f"{APPS}:"))
    more = ("--http-socket", "{host}", "--die-on-term", "--disable-logging")
    with serving(fake, "tests.support.uwsgi", "--ini", str(tmp_path / "uwsgi.ini"), *more) as host:
        assert fake.counts()["connections"] == 0, "something was started before the first request"
        assert len(pids(host, fake.token())) == 2
        assert fake.count("config") == 2
        # In another interpreter than the one that loaded the package, the exception of a refusal would not be caught.
        answer = httpx.get(f"http://{host}/", headers={"Authorization": f"Bearer {fake.token(expired=1)}"})
        assert answer.status_code == 401


def test_gunicorn_whose_parent_has_served(fake: Fake) -> None:
    command = ("gunicorn", f"{APPS}:wsgi", "--preload", "-w", "2", "-b", "{host}")
    with serving(fake, *command, WARM_TOKEN=fake.token(), WARM_API_KEY=fake.api_key) as host:
        assert len(pids(host, fake.token())) == 2
        # Workers inherit the document, and no connection.
        assert fake.count("config") == 1
        assert len(pids(host, fake.api_key)) == 2
        fake.command("rotate")
        token = fake.token()
        for _ in range(200):
            answers = [
                httpx.get(f"http://{host}/", headers={"Authorization": f"Bearer {token}"}, timeout=20).status_code
                for _ in range(8)
            ]
            if answers == [200] * 8:
                break
            time.sleep(0.05)
        assert answers == [200] * 8


def test_websockets_under_uvicorn(fake: Fake) -> None:
    command = ("uvicorn", f"{APPS}:asgi", "--port", "{port}", "--log-level", "warning")
    with serving(fake, *command) as host:
        token = fake.token()
        organization = httpx.get(f"http://{host}/", headers={"Authorization": f"Bearer {token}"}).json()[1]

        async def connect(credential: str) -> str:
            headers = {"Authorization": f"Bearer {credential}"}
            async with websockets.connect(f"ws://{host}/socket", additional_headers=headers) as connection:
                return str(await connection.recv())

        assert asyncio.run(connect(token)) == organization
        with pytest.raises(websockets.exceptions.InvalidStatus) as caught:
            asyncio.run(connect(fake.token(expired=1)))
        assert (caught.value.response.status_code, caught.value.response.body) == (401, b'{"error":"Unauthorized"}')


@pytest.mark.parametrize("application", ["asgi", "partly"])
def test_requests_of_one_http2_connection_have_a_sender_each(fake: Fake, application: str) -> None:
    users, path = 10, "/private/meet" if application == "partly" else "/meet"
    tokens = [fake.token(user=user) for user in range(users)]

    async def scenario(host: str) -> None:
        async with httpx.AsyncClient(base_url=f"http://{host}", http1=False, http2=True, timeout=20) as client:

            async def ask(token: str) -> Any:
                headers = {"Authorization": f"Bearer {token}"}
                answer = await client.get(path, params={"people": users}, headers=headers)
                assert (answer.status_code, answer.http_version) == (200, "HTTP/2")
                return answer.json()

            answers = await asyncio.gather(*map(ask, tokens))
            ports = {port for port, _ in answers}
            assert len(ports) == 1, "the requests came over several connections"
            assert [email for _, email in answers] == [f"user{user}@example.com" for user in range(users)]
            if application == "partly":
                assert (await client.get("/public")).json() == [*ports, None]

    with serving(fake, "hypercorn", f"{APPS}:{application}", "-b", "{host}") as host:
        asyncio.run(scenario(host))


def test_requests_of_one_http1_connection_have_a_sender_each(fake: Fake) -> None:
    with serving(fake, "hypercorn", f"{APPS}:partly", "-b", "{host}") as host:
        with httpx.Client(base_url=f"http://{host}", timeout=20) as client:
            headers = {"Authorization": f"Bearer {fake.token()}"}
            port, email = client.get("/private/meet", params={"people": 1}, headers=headers).json()
            assert email == "user0@example.com"
            assert client.get("/public").json() == [port, None]


REPEATED = ("gunicorn", "werkzeug", "wsgiref", "hypercorn")


@pytest.mark.parametrize("server", REPEATED)
def test_wsgi_servers_that_join_repeated_headers(fake: Fake, server: str) -> None:
    """No part of a joined value counts as a credential. docs/python/credentials.md lists these servers."""
    commands = {
        "gunicorn": ("gunicorn", f"{APPS}:wsgi", "-b", "{host}"),
        "hypercorn": ("hypercorn", f"wsgi:{APPS}:wsgi", "-b", "{host}"),
    }
    token, stale = fake.token(), fake.token(expired=1)
    good, bad = (f"Cookie: {fake.cookie_name}={value}" for value in (token, stale))
    cases = [
        ([f"Authorization: Bearer {token}"], 200),
        ([good], 200),
        ([f"{good}; {bad[8:]}"], 200),
        ([f"{bad}; {good[8:]}"], 200),
        (["Authorization: Basic x", good], 200),
        (["Authorization: Basic x", f"Authorization: Bearer {token}", good], 401),
        (["Authorization: Basic x,Bearer a.b.c", good], 401),
        ([f"Authorization: Bearer {token}", "Authorization: Basic x", good], 401),
        # Joined with a comma.
        ([good, bad], 401),
        ([bad, good], 401),
        # A cookie that contains what an attacker wrote.
        ([f"Cookie: a=b,{good[8:]}"], 401),
    ]
    with serving(fake, *commands.get(server, ("tests.support.wsgi", server, "{port}"))) as host:
        assert [raw_status(host, headers) for headers, _ in cases] == [status for _, status in cases]


def raw_status(host: str, headers: list[str]) -> int:
    name, port = host.split(":")
    with socket.create_connection((name, int(port)), timeout=20) as connection:
        lines = ["GET / HTTP/1.1", f"Host: {host}", *headers, "Connection: close", "", ""]
        connection.sendall("\r\n".join(lines).encode())
        return int(connection.makefile("rb").readline().split()[1])
