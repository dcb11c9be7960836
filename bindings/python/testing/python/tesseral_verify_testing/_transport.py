"""The service's answers over HTTP, without a network: the config API and the API about API keys."""

from __future__ import annotations

import json
from typing import Optional

import httpx

from . import _mint

_CONFIG = "/v1/config/"
_API_KEYS = "/v1/api-keys/authenticate"


def transport(project: _mint.Project) -> httpx.MockTransport:
    """For clients of both kinds. The host does not matter."""

    def answer(request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if request.method == "GET" and path.startswith(_CONFIG):
            said = project.answer_config(path[len(_CONFIG) :])
        elif request.method == "POST" and path == _API_KEYS:
            said = project.answer_api_key(_secret(request.content), request.headers.get("authorization"))
        else:
            return httpx.Response(404, text="404 page not found\n")
        if said is None:
            raise httpx.RemoteProtocolError("the service ended the connection", request=request)
        return httpx.Response(said[0], headers={"content-type": "application/json"}, content=said[1])

    return httpx.MockTransport(answer)


def _secret(body: bytes) -> str:
    """The caller's key. It is empty when the request has none, which the service refuses as malformed."""
    try:
        asked = json.loads(body)
    except ValueError:
        asked = None
    secret: Optional[object] = asked.get("secretToken") if isinstance(asked, dict) else None
    return secret if isinstance(secret, str) else ""
