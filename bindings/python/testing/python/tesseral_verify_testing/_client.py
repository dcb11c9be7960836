"""Doubles of Tesseral's client objects, with the one call that the middlewares make: the question about an API key."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Optional

from . import _mint


@dataclass(frozen=True)
class AuthenticateApiKeyResponse:
    """The holder of the key, with the names of tesseral.types.AuthenticateApiKeyResponse."""

    api_key_id: str
    organization_id: str
    actions: Optional[list[str]] = None


class ApiError(Exception):
    """The service has refused, with the names of tesseral.core.ApiError."""

    def __init__(self, status_code: int, body: Any) -> None:
        super().__init__(f"status {status_code}")
        self.status_code, self.body = status_code, body


class Tesseral:
    """The client for an application with threads."""

    def __init__(self, project: _mint.Project) -> None:
        self.api_keys = _ApiKeys(project)


class AsyncTesseral:
    """The client for an application with event loops."""

    def __init__(self, project: _mint.Project) -> None:
        self.api_keys = _AsyncApiKeys(project)


class _ApiKeys:
    def __init__(self, project: _mint.Project) -> None:
        self._project = project

    def authenticate_api_key(self, *, secret_token: str) -> AuthenticateApiKeyResponse:
        said = self._project.answer_api_key(secret_token, f"Bearer {self._project.backend_api_key}")
        if said is None:
            raise ConnectionError("the service ended the connection")
        status, body = said[0], json.loads(said[1])
        if status != 200:
            raise ApiError(status, body)
        return AuthenticateApiKeyResponse(body["apiKeyId"], body["organizationId"], body.get("actions"))


class _AsyncApiKeys:
    def __init__(self, project: _mint.Project) -> None:
        self._api_keys = _ApiKeys(project)

    async def authenticate_api_key(self, *, secret_token: str) -> AuthenticateApiKeyResponse:
        return self._api_keys.authenticate_api_key(secret_token=secret_token)
