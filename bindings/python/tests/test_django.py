"""The Django middleware with synchronous and asynchronous views."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Iterator
from typing import Any, Optional

import django
import pytest
from django.conf import settings

if not settings.configured:
    settings.configure(ALLOWED_HOSTS=["*"], SECRET_KEY="of the tests", LOGGING_CONFIG=None)
    django.setup()

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.test import AsyncClient, Client, override_settings
from django.urls import path

from tesseral_verify.django import access_token_claims, credentials_type, organization_id, require_auth
from tesseral_verify.django.middleware import AuthMiddleware

from .support.fake import Fake


@require_auth
def user(request: HttpRequest) -> HttpResponse:
    return HttpResponse(access_token_claims(request).user.email)


@require_auth
async def kind(request: HttpRequest) -> HttpResponse:
    return HttpResponse(credentials_type(request))


arrived = 0


async def meet(request: HttpRequest, people: int) -> HttpResponse:
    """Answers when so many requests are here."""
    global arrived
    arrived += 1
    while arrived < people:
        await asyncio.sleep(0.001)
    return HttpResponse(access_token_claims(request).user.email)


def twice(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """A middleware that passes a request on, and once more with the other credential that it carries."""

    def middleware(request: HttpRequest) -> HttpResponse:
        first = get_response(request)
        request.META["HTTP_AUTHORIZATION"] = request.META["HTTP_X_OTHER"]
        second = get_response(request)
        answers = [[answer.status_code, answer.content.decode()] for answer in (first, second)]
        return JsonResponse(answers, safe=False)

    return middleware


def public(request: HttpRequest) -> HttpResponse:
    try:
        return HttpResponse(organization_id(request))
    except RuntimeError as error:
        return HttpResponse(str(error), status=409)


@pytest.fixture(autouse=True)
def configured(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("SSL_CERT_FILE", fake.ca_file)
    monkeypatch.delenv("TESSERAL_BACKEND_API_KEY", raising=False)
    with override_settings(
        MIDDLEWARE=["tesseral_verify.django.middleware.AuthMiddleware"],
        ROOT_URLCONF=(path("user", user), path("kind", kind), path("public", public), path("meet/<int:people>", meet)),
        TESSERAL_PUBLISHABLE_KEY=fake.publishable_key,
        TESSERAL_CONFIG_API_HOSTNAME=fake.host,
        TESSERAL_BACKEND_API_HOSTNAME=fake.host,
        TESSERAL_BACKEND_API_KEY=fake.backend_api_key,
        TESSERAL_API_KEYS_ENABLED=True,
    ):
        yield


def bearer(credential: str) -> dict[str, Any]:
    return {"HTTP_AUTHORIZATION": f"Bearer {credential}"}


def test_views(fake: Fake) -> None:
    client, token = Client(), fake.token()
    assert client.get("/user", **bearer(token)).content == b"user0@example.com"
    assert client.get("/kind", **bearer(token)).content == b"access_token"
    assert client.get("/kind", **bearer(fake.api_key)).content == b"api_key"
    assert client.get("/public", **bearer(token)).content.startswith(b"org_")
    for path_of_view in ("/user", "/kind"):
        refused = client.get(path_of_view, **bearer(fake.token(expired=1)))
        assert (refused.status_code, refused.json()) == (401, {"error": "Unauthorized"})
    assert b"outside of an authenticated request" in client.get("/public").content


def test_asynchronous_handlers(fake: Fake) -> None:
    async def scenario() -> None:
        client, headers = AsyncClient(), {"Authorization": f"Bearer {fake.token()}"}
        assert (await client.get("/kind", headers=headers)).content == b"access_token"
        assert (await client.get("/user", headers=headers)).content == b"user0@example.com"
        assert (await client.get("/kind")).status_code == 401

    asyncio.run(scenario())


def test_requests_at_the_same_time_have_a_sender_each(fake: Fake) -> None:
    async def scenario() -> list[str]:
        client, users = AsyncClient(), range(4)
        tokens = [fake.token(user=user) for user in users]
        answers = await asyncio.gather(
            *(client.get("/meet/4", headers={"Authorization": f"Bearer {token}"}) for token in tokens)
        )
        return [answer.content.decode() for answer in answers]

    assert asyncio.run(scenario()) == [f"user{user}@example.com" for user in range(4)]


def ask_with_headers(*headers: tuple[str, str], joined_with: Optional[str] = None) -> int:
    """The status of an ASGI request with these headers, which Django joins in its way, or with this text."""
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/user",
        "headers": [(name.encode(), value.encode()) for name, value in headers],
    }
    request = ASGIRequest(scope, io.BytesIO())
    if joined_with is not None:
        values = [value for name, value in headers if name == "cookie"]
        request.META["HTTP_COOKIE"] = joined_with.join(values)
    status: int = AuthMiddleware(user)(request).status_code
    return status


# Django 5.2 joins all values with commas, later ones cookies with semicolons.
@pytest.mark.parametrize("joined_with", [None, ",", "; "])
def test_cookies_that_http2_splits(fake: Fake, joined_with: Optional[str]) -> None:
    good, stale = (f"{fake.cookie_name}={token}" for token in (fake.token(), fake.token(expired=1)))
    for values in ((good, stale), (stale, good), ("a=b", good), (good, "a=b, c"), ("a=b; ", good)):
        assert ask_with_headers(*(("cookie", value) for value in values), joined_with=joined_with) == 200, values
    # A value with a comma is one value, whatever it reflects.
    assert ask_with_headers(("cookie", f"a=b, {good}"), joined_with=joined_with) == 401


def test_repeated_authorization_headers_are_refused_beside_a_good_cookie(fake: Fake) -> None:
    token = fake.token()
    cookie = ("cookie", f"{fake.cookie_name}={token}")
    for values in (("Basic x", f"Bearer {token}"), ("Basic x", "Basic y"), (f"Bearer {token}", f"Bearer {token}")):
        assert ask_with_headers(cookie, *(("authorization", value) for value in values)) == 401, values
    assert ask_with_headers(cookie, ("authorization", "Basic x, y")) == 200


@pytest.mark.parametrize("path_of_view", ["/user", "/public"])
def test_a_request_that_is_passed_on_twice_is_judged_twice(fake: Fake, path_of_view: str) -> None:
    good, expired = fake.token(), fake.token(user=1, expired=1)
    with override_settings(MIDDLEWARE=[f"{__name__}.twice", "tesseral_verify.django.middleware.AuthMiddleware"]):
        answers = Client().get(path_of_view, **bearer(good), HTTP_X_OTHER=f"Bearer {expired}").json()
        assert [status for status, _ in answers] == [200, 401 if path_of_view == "/user" else 409]
        answers = Client().get(path_of_view, **bearer(expired), HTTP_X_OTHER=f"Bearer {good}").json()
        assert [status for status, _ in answers] == [401 if path_of_view == "/user" else 409, 200]


def test_an_outage_leaves_public_views(fake: Fake) -> None:
    fake.command("fault/config/status", status=500)
    client = Client()
    refused = client.get("/user", **bearer(fake.token()))
    assert (refused.status_code, refused.json()) == (503, {"error": "Service Unavailable"})
    assert client.get("/public").status_code == 409
    fake.command("api-keys", enabled=0)
    fake.command("fault/config/none")
    try:
        refused = Client().get("/user", **bearer(fake.api_key))
    finally:
        fake.command("api-keys", enabled=1)
    assert (refused.status_code, refused.json()) == (403, {"error": "Forbidden"})


def test_api_keys_without_a_backend_key() -> None:
    with override_settings(TESSERAL_BACKEND_API_KEY=None), pytest.raises(RuntimeError, match="BACKEND_API_KEY"):
        AuthMiddleware(lambda request: HttpResponse())
