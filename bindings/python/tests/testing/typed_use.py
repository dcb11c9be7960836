"""How tests of an application use the package: `mypy --strict` has to agree. Nothing here runs."""

from __future__ import annotations

from typing import Callable, Optional

import httpx
from django.conf import settings  # type: ignore[import-untyped]
from fastapi import FastAPI
from typing_extensions import assert_type

from tesseral_verify.fastapi import RequireAuthMiddleware
from tesseral_verify.flask import require_auth
from tesseral_verify_testing import REFUSALS, ChosenClaims, Project, override_auth, use_project


def applications(app: FastAPI, claims: ChosenClaims) -> None:
    with override_auth(app, organization_id="org_1", permissions=["a.b.c"], impersonator_email=None) as project:
        assert_type(project, Project)
    with override_auth(settings, credentials_type="api_key", **claims), use_project(app, Project()):
        pass
    with override_auth(app, organisation_id="org_1"):  # type: ignore[call-arg]
        pass
    with override_auth(app, user_id=1):  # type: ignore[arg-type]
        pass


def credentials(project: Project) -> None:
    for slug in REFUSALS:
        assert_type(project.mint_refused_token(slug, user_id="user_1"), str)
    assert_type(project.mint_access_token(expires_at=1), str)
    assert_type(project.issue_api_key(permissions=("a.b.c",)), str)
    assert_type(project.document, bytes)
    assert_type(project.answer_config(project.publishable_key), Optional[tuple[int, bytes]])


def clients(project: Project, app: FastAPI) -> None:
    assert_type(project.http_client(), httpx.Client)
    key = project.publishable_key
    app.add_middleware(RequireAuthMiddleware, publishable_key=key, http_client=project.async_http_client())
    require_auth(publishable_key=key, http_client=project.http_client(), tesseral_client=project.tesseral_client())


def test_of_somebody(tesseral_override_auth: Callable[..., Project], tesseral_token: str) -> None:
    tesseral_override_auth(FastAPI(), organization_id="org_1")
