"""The same application with either package: nothing but the import differs."""

from __future__ import annotations

import importlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from fastapi import Depends, FastAPI, HTTPException
from pydantic import BaseModel

THEIRS, OURS = "tesseral_fastapi", "tesseral_verify.fastapi"


def application(package: str, clients: tuple[httpx.AsyncClient, ...] = (), **options: Any) -> FastAPI:
    """An application behind RequireAuthMiddleware, or without options, one that lacks it. It closes the clients."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        for client in clients:
            await client.aclose()

    module = importlib.import_module(package)
    claims_type = importlib.import_module("tesseral.types" if package == THEIRS else "tesseral_verify.models")
    app = FastAPI(lifespan=lifespan)
    if options:
        app.add_middleware(module.RequireAuthMiddleware, **options)

    class Nested(BaseModel):
        claims: claims_type.AccessTokenClaims  # type: ignore[name-defined]

    @app.api_route("/info", methods=["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"])
    def info(auth: Any = Depends(module.get_auth)) -> Any:
        return {
            "type": auth.credentials_type(),
            "organization": auth.organization_id(),
            "credentials": auth.credentials(),
            "permission": auth.has_permission("app.posts.read"),
        }

    @app.get("/claims")
    async def claims(auth: Any = Depends(module.get_auth)) -> Any:
        try:
            return auth.access_token_claims()
        except module.NotAnAccessTokenError:
            raise HTTPException(409, "not an access token")

    @app.get("/typed", response_model=claims_type.AccessTokenClaims)
    async def typed(auth: Any = Depends(module.get_auth)) -> Any:
        return auth.access_token_claims()

    @app.get("/nested", response_model=Nested)
    async def nested(auth: Any = Depends(module.get_auth)) -> Any:
        return {"claims": auth.access_token_claims()}

    @app.get("/dump")
    async def dump(auth: Any = Depends(module.get_auth)) -> Any:
        found = auth.access_token_claims()
        # As text, so that order and types count too.
        return {
            "fields": list(type(found).model_fields),
            "set": sorted(found.model_fields_set),
            "model_dump": repr(found.model_dump()),
            "model_dump_json": found.model_dump_json(),
            "without_unset": repr(found.model_dump(exclude_unset=True)),
            "without_none": repr(found.model_dump(mode="json", exclude_none=True)),
            "dict": repr(found.dict()),
            "json": found.json(),
            "user_dict": repr(found.user.dict()),
            "user_json": found.user.json(),
            "attributes": repr(
                [found.iss, found.exp, found.nbf, found.iat, found.actions, found.user.display_name, found.session.id]
            ),
            "equal": found == found.model_copy(),
            "frozen": type(found).model_config["frozen"],
        }

    @app.get("/permission")
    async def permission(action: str, auth: Any = Depends(module.get_auth)) -> Any:
        if not auth.has_permission(action):
            raise HTTPException(403)
        return {"ok": True}

    return app
