"""Applications for real servers; they find the service in their environment."""

from __future__ import annotations

import asyncio
import os
from typing import Any

from fastapi import Depends, FastAPI, Request, WebSocket
from flask import Flask

from tesseral_verify import fastapi as ours
from tesseral_verify import flask as ours_flask

OPTIONS: dict[str, Any] = {
    "publishable_key": os.environ["FAKE_PUBLISHABLE_KEY"],
    "config_api_hostname": os.environ["FAKE_HOST"],
    "backend_api_hostname": os.environ["FAKE_HOST"],
    "api_keys_enabled": True,
}

asgi = FastAPI()
asgi.add_middleware(ours.RequireAuthMiddleware, **OPTIONS)


@asgi.get("/")
async def asgi_pid(auth: ours.Auth = Depends(ours.get_auth)) -> list[Any]:
    return [os.getpid(), auth.organization_id()]


arrived = 0


@asgi.get("/meet")
async def meet(request: Request, people: int) -> list[Any]:
    """Answers when so many requests are here: the connection's port, and who sent this request."""
    global arrived
    arrived += 1
    while arrived < people:
        await asyncio.sleep(0.01)
    assert request.client is not None
    return [request.client.port, ours.get_auth(request).access_token_claims().user.email]


@asgi.websocket("/socket")
async def socket(websocket: WebSocket, auth: ours.Auth = Depends(ours.get_auth)) -> None:
    await websocket.accept()
    await websocket.send_text(auth.organization_id())
    await websocket.close()


partly = FastAPI()
partly.mount("/private", asgi)


@partly.get("/public")
async def public(request: Request) -> list[Any]:
    """A route without authentication."""
    assert request.client is not None
    try:
        return [request.client.port, ours.get_auth(request).access_token_claims().user.email]
    except RuntimeError:
        return [request.client.port, None]


wsgi = Flask(__name__)
wsgi.before_request(ours_flask.require_auth(**OPTIONS))


@wsgi.get("/")
def wsgi_pid() -> list[Any]:
    return [os.getpid(), ours_flask.organization_id()]


if "WARM_TOKEN" in os.environ:
    # The parent of the workers has served a request and has open connections and held locks before it forks.
    for credential in (os.environ["WARM_TOKEN"], os.environ["WARM_API_KEY"]):
        answer = wsgi.test_client().get("/", headers={"Authorization": f"Bearer {credential}"})
        assert answer.status_code == 200, answer.status_code
