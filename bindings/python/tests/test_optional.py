"""``get_auth_or_none``: the sender, if there is one, for views without sign-in."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from . import test_django as base  # it makes Django's settings

from asgiref.sync import sync_to_async
from django.core.exceptions import SynchronousOnlyOperation
from django.http import HttpRequest, HttpResponse
from django.test import override_settings
from django.urls import path

from tesseral_verify.django import get_auth_or_none

from .support.fake import Fake
from .support.raw import bearer
from .support.views import FRAMEWORKS, django_asgi, fastapi, names

configured = base.configured


@pytest.fixture
def given(configured: None, fake: Fake, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setenv("TESSERAL_BACKEND_API_KEY", fake.backend_api_key)
    return {
        "publishable_key": fake.publishable_key,
        "config_api_hostname": fake.host,
        "backend_api_hostname": fake.host,
        "exclude": ["/maybe"],
    }


@pytest.fixture(params=FRAMEWORKS)
def framework(request: pytest.FixtureRequest, given: dict[str, Any]) -> Any:
    return lambda **options: request.param(**{**given, **options})


def said(answer: Any) -> tuple[int, str]:
    return answer.status, answer.body.decode()


NOBODY = (200, "nobody")


def test_refused_credentials_count_as_none(fake: Fake, framework: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="tesseral_verify")
    good, stale = fake.token(), fake.token(expired=1)
    with framework() as ask:
        assert said(ask("/maybe", **bearer(good))) == (200, "org_")
        assert said(ask("/maybe", cookie=f"a=b; {fake.cookie_name}={good}")) == (200, "org_")
        assert said(ask("/maybe", cookie=f"a=b; {fake.cookie_name}={good}", authorization="Basic x")) == (200, "org_")
        assert said(ask("/", **bearer(good))) == (200, "org_")
        assert ask("/").status == 401
        assert not [record for record in caplog.records if "nobody" in record.getMessage()]
        assert said(ask("/maybe", cookie=f"{fake.cookie_name}={stale}")) == NOBODY
        assert [record.getMessage() for record in caplog.records][-1] == "request taken as nobody's: token_expired"
        for credential in (stale, "x.y.z", "x", "", fake.api_key):
            assert said(ask("/maybe", authorization=f"bearer {credential}")) == NOBODY
        assert said(ask("/maybe", cookie=f"{fake.cookie_name}={good}", **bearer(stale))) == NOBODY


def test_visitors_need_no_keys(fake: Fake, framework: Any) -> None:
    """Those without a credential do not wait for the document, and get their page when it cannot be fetched."""
    fake.command("fault/config/status", status=500)
    with framework() as ask:
        for fields in ({}, {"cookie": "theme=dark; session=x"}, {"authorization": "Basic x"}):
            assert said(ask("/maybe", **fields)) == NOBODY
        assert fake.counts()["connections"] == 0


def test_a_sender_that_is_unknown_is_not_nobody(
    fake: Fake, framework: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with framework(api_keys_enabled=True) as ask:
        key = bearer(fake.api_key)
        assert said(ask("/maybe", **key)) == (200, "org_")
        assert fake.count("api-keys") == 1, "both questions of one request are one"
        fake.command("api-keys", enabled=0)
        try:
            assert said(ask("/maybe", **bearer(fake.command("api-key")))) == NOBODY
        finally:
            fake.command("api-keys", enabled=1)
        fake.command("fault/api-keys/status", status=500)
        status, body = said(ask("/maybe", **key))
        assert status == 503 and "Service Unavailable" in body
    fake.command("fault/config/status", status=500)
    monkeypatch.setattr("tesseral_verify._http.TOTAL_SECONDS", 0.2)
    with framework() as ask:
        assert ask("/maybe", **bearer(fake.token())).status == 503
        assert ask("/maybe", cookie="tesseral_project_x_access_token=x").status == 503


def test_a_path_that_is_not_excluded(
    fake: Fake, framework: Any, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    lenient = "django" in request.node.name  # There, require_auth refuses, and not the middleware.
    with framework(exclude=[]) as ask:
        assert said(ask("/maybe", **bearer(fake.token()))) == (200, "org_")
        for fields in ({}, bearer(fake.token(expired=1))):
            assert ask("/maybe", **fields).status == (200 if lenient else 401)
    fake.command("fault/config/status", status=500)
    monkeypatch.setattr("tesseral_verify._http.TOTAL_SECONDS", 0.2)
    with framework(exclude=[]) as ask:
        assert ask("/maybe", **bearer(fake.token())).status == 503
        assert ask("/maybe").status == (200 if lenient else 503)


@pytest.mark.parametrize("framework", [fastapi], indirect=True)
def test_handshakes(fake: Fake, framework: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with framework() as ask:
        for fields, sender in ((bearer(fake.token()), "org_"), (bearer(fake.token(expired=1)), "nobody"), ({}, "nobody")):
            assert said(ask("/maybe", "websocket", **fields)) == (101, sender)
    fake.command("fault/config/status", status=500)
    monkeypatch.setattr("tesseral_verify._http.TOTAL_SECONDS", 0.2)
    with framework() as ask:
        assert ask("/maybe", "websocket", **bearer(fake.token())).status == 503
        assert said(ask("/maybe", "websocket")) == (101, "nobody")


def test_a_missing_middleware_is_told(fake: Fake, framework: Any) -> None:
    with framework(guard=False) as ask, pytest.raises(RuntimeError, match="get_auth_or_none.*seen"):
        ask("/maybe", **bearer(fake.token()))


async def maybe(request: HttpRequest) -> HttpResponse:
    """An asynchronous view; requests with a query call as they must not."""
    if request.GET:
        return HttpResponse(names(get_auth_or_none(request)))
    return HttpResponse(names(await sync_to_async(get_auth_or_none)(request)))


@pytest.mark.parametrize("exclude", [["/maybe"], []])
def test_asynchronous_views_of_django(
    fake: Fake, given: dict[str, Any], exclude: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Judging may wait for the network, and no other request of the worker would go on meanwhile."""
    urls = override_settings(ROOT_URLCONF=(path("maybe", maybe),))
    with django_asgi(**{**given, "exclude": exclude}) as ask, urls:
        good = bearer(fake.token())
        assert said(ask("/maybe")) == NOBODY
        assert said(ask("/maybe", **good)) == (200, "org_")
        if not exclude:
            # The middleware has judged, in a thread.
            assert said(ask("/maybe?x=1", **good)) == (200, "org_")
            return
        for fields in (good, {}):
            with pytest.raises(SynchronousOnlyOperation, match="sync_to_async"):
                ask("/maybe?x=1", **fields)
    fake.command("fault/config/status", status=500)
    monkeypatch.setattr("tesseral_verify._http.TOTAL_SECONDS", 0.2)
    with django_asgi(**given) as ask, urls:
        assert ask("/maybe", **good).status == 503
