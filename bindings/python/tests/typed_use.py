"""How an application uses the package: `mypy --strict` has to agree. Nothing here runs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Optional, Union

import httpx
import tesseral.types
from fastapi import FastAPI, Request
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp
from typing_extensions import assert_type

from tesseral_verify import ApiKey, Auth, Authenticator, NotAnAccessTokenError, TesseralError, Verifier
from tesseral_verify import fastapi as for_fastapi
from tesseral_verify import flask as for_flask
from tesseral_verify.models import AccessTokenClaims


def judge(document: bytes, token: str, tokens: Iterable[str]) -> Optional[str]:
    verifier = Verifier(document, leeway_seconds=5, profile="compact")
    try:
        auth = verifier.verify_token(token, now=1_750_000_000)
    except TesseralError as error:
        assert_type(error.slug, str)
        assert_type(error.http_status, int)
        return error.slug
    assert_type(auth, Auth)
    assert_type(auth.access_token_claims().user.display_name, Optional[str])
    assert_type(auth.actions(), tuple[str, ...])
    assert_type(verifier.authenticate([(b"authorization", b"Bearer x")]), Union[Auth, ApiKey])
    assert_type(verifier.authenticate({"authorization": "Bearer x"}.items()), Union[Auth, ApiKey])
    for verdict in verifier.verify_batch(tokens):
        assert_type(verdict, Union[Auth, TesseralError])
    assert_type(verifier.inspect().keys, list[str])
    return auth.organization_id()


def keep_fresh(headers: Iterable[tuple[str, str]]) -> Auth:
    authenticator = Authenticator("publishable_key_x", last_good_file="last-good.json", leeway_seconds=5)
    assert_type(authenticator.not_ready_reason(), Optional[str])
    return authenticator.authenticate(headers)


def middlewares(client: httpx.AsyncClient, auth: for_fastapi.Auth) -> None:
    async def app(*_: object) -> None:
        return None

    for_fastapi.RequireAuthMiddleware(app, publishable_key="publishable_key_x", http_client=client)
    hook = for_flask.require_auth(publishable_key="publishable_key_x", api_keys_enabled=True, exclude=["/x", re.compile("/y")])
    assert_type(hook.access_token_authenticator.wait_until_ready(1), bool)
    assert_type(hook.access_token_authenticator.not_ready_reason(), Optional[str])
    assert_type(auth.access_token_claims(), AccessTokenClaims)
    assert_type(for_flask.has_permission("a.b.c"), bool)
    assert issubclass(NotAnAccessTokenError, TesseralError)


def refuse(error: TesseralError) -> tuple[dict[str, object], str]:
    return {"reason": error.slug}, "application/problem+json"


async def routes(connection: HTTPConnection, app: ASGIApp) -> None:
    paths = ["/x", "/y"]
    for_fastapi.RequireAuthMiddleware(app, publishable_key="publishable_key_x", exclude=paths, refusal_body=refuse)
    for_flask.require_auth(publishable_key="publishable_key_x", refusal_body=lambda error: error.slug.encode())
    assert_type(await for_fastapi.get_auth_or_none(connection), Optional[for_fastapi.Auth])
    assert_type(for_flask.get_auth_or_none(), Optional[for_fastapi.Auth])


def probe(request: Request) -> str:
    assert_type(for_fastapi.get_auth(request), for_fastapi.Auth)
    assert_type(for_fastapi.require("a.b.c")(request), for_fastapi.Auth)
    FastAPI(responses=for_fastapi.auth_responses)
    return for_fastapi.get_authenticator(request).stats_prometheus()


def written_for_tesserals_package(auth: for_fastapi.Auth) -> str:
    """What an application has had before the import was changed."""

    def name(claims: tesseral.types.AccessTokenClaims) -> str:
        return claims.user.display_name or claims.organization.display_name

    claims: tesseral.types.AccessTokenClaims = auth.access_token_claims()
    audience: str = auth.access_token_claims().aud
    organization: str = auth.access_token_claims().organization.display_name
    return name(claims) + audience + organization
