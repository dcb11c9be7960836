"""``refusal_body``: an application writes the bodies of refusals. Whatever it writes, no request passes."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from . import test_django as base  # it makes Django's settings

from tesseral_verify import TesseralError

from .support.fake import Fake
from .support.raw import asgi_response, bearer
from .support.views import FRAMEWORKS, fastapi

configured = base.configured


@pytest.fixture(params=FRAMEWORKS)
def framework(request: pytest.FixtureRequest, configured: None, fake: Fake) -> Any:
    given = {"publishable_key": fake.publishable_key, "config_api_hostname": fake.host, "www_authenticate": True}
    return lambda **options: request.param(**{**given, **options})


def problem(error: TesseralError) -> Any:
    return {"title": "Sign in", "status": error.http_status, "reason": error.slug}, "application/problem+json"


def page(error: TesseralError) -> bytes:
    return f"<h1>{error.http_status}".encode()


WRITTEN = [
    (problem, '{"title": "Sign in", "status": 401, "reason": "token_expired"}', "application/problem+json"),
    (lambda error: {"code": error.code}, '{"code": 5001}', "application/json"),
    (lambda error: [], "[]", "application/json"),
    (lambda error: "d\u00e9sol\u00e9", "d\u00e9sol\u00e9", "text/plain; charset=utf-8"),
    (page, "<h1>401", "application/octet-stream"),
    (lambda error: (page(error), "text/html; charset=utf-8"), "<h1>401", "text/html; charset=utf-8"),
    (lambda error: ("", "text/plain"), "", "text/plain"),
]


def test_what_is_written_is_the_body(fake: Fake, framework: Any) -> None:
    good, stale = bearer(fake.token()), bearer(fake.token(expired=1))
    for write, body, media_type in WRITTEN:
        with framework(refusal_body=write) as ask:
            answer = ask("/", **stale)
            assert (answer.status, answer.body.decode(), answer.fields["content-type"]) == (401, body, media_type)
            assert answer.fields["www-authenticate"] == 'Bearer error="invalid_token"'
            assert answer.fields.get("content-length", str(len(answer.body))) == str(len(answer.body))
            assert ask("/", **good).body == b"org_"


def test_a_missing_permission(fake: Fake, framework: Any, request: pytest.FixtureRequest) -> None:
    """With FastAPI, the application's handlers of HTTPException write that body: docs/python/refusals.md says so."""
    editor, reader = bearer(fake.token(action="acme.widgets.edit")), bearer(fake.token())
    written = {"title": "Sign in", "status": 403, "reason": "permission_missing"}
    with framework(refusal_body=problem) as ask:
        assert ask("/edit", **editor).body == b"edited"
        answer = ask("/edit", **reader)
    if "fastapi" in request.node.name:
        written, media_type = {"detail": "Forbidden"}, "application/json"
    else:
        media_type = "application/problem+json"
    assert (answer.status, json.loads(answer.body), answer.fields["content-type"]) == (403, written, media_type)
    assert "www-authenticate" not in answer.fields
    for options in ({}, {"refusal_body": fails}):
        with framework(**options) as ask:
            answer = ask("/edit", **reader)
            assert answer.status == 403 and b"Forbidden" in answer.body and b"edited" not in answer.body


class Failing(Exception):
    """Its text contains the credential, as that of a careless application may."""


def fails(error: TesseralError) -> Any:
    raise Failing("eyJ of the token")


async def later() -> bytes:
    return b"later"


def endless(error: TesseralError) -> Any:
    whole: list[Any] = []
    whole.append(whole)
    return whole


NONSENSE = [
    fails,
    lambda: b"takes no argument",
    lambda error: None,
    lambda error: True,
    lambda error: 401,
    lambda error: {"a": object()},
    lambda error: {"a": float("nan")},
    lambda error: "\ud800",
    lambda error: later(),
    lambda error: (later(), "text/plain"),
    lambda error: (),
    lambda error: ("a",),
    lambda error: ("a", "text/plain", 200),
    lambda error: ("a", None, None),
    lambda error: ("a", 5),
    lambda error: ("a", "text"),
    lambda error: ("a", "text/plain\r\nSet-Cookie: a=b"),
    lambda error: ("a", "text/plain; charset=utf-8\r\n\r\nbody"),
    lambda error: ("a", "text/pl\u00e4in"),
    endless,
]


def test_nonsense_lets_nobody_pass(fake: Fake, framework: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, logger="tesseral_verify")
    stale = bearer(fake.token(expired=1))
    with framework() as ask:
        expected = ask("/", **stale)
    for write in NONSENSE:
        caplog.clear()
        with framework(refusal_body=write) as ask:
            assert ask("/", **stale) == expected
        (record,) = [record for record in caplog.records if record.name == "tesseral_verify"]
        assert record.getMessage().startswith("refusal_body failed (") and "eyJ" not in record.getMessage()
        assert record.exc_info is None


def test_the_reason_holds_no_credential(fake: Fake, framework: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[TesseralError] = []

    def write(error: TesseralError) -> str:
        seen.append(error)
        return "no"

    with framework(refusal_body=write) as ask:
        ask("/", **bearer(fake.token(expired=1)))
        ask("/")
    fake.command("fault/config/status", status=500)
    monkeypatch.setattr("tesseral_verify._http.TOTAL_SECONDS", 0.2)
    with framework(refusal_body=write) as ask:
        assert (ask("/").status, ask("/", **bearer(fake.token())).body) == (503, b"no")
    slugs = ["token_expired", "credentials_missing", "keys_unavailable", "keys_unavailable"]
    assert [error.slug for error in seen] == slugs
    for error in seen:
        # The frames of a traceback hold the request's headers.
        assert (error.__traceback__, error.__context__, error.__cause__) == (None, None, None)
        assert error.args == (error.slug,) and vars(error) == {"slug": error.slug}


def test_handshakes_and_dispatch_of_subclasses(fake: Fake, configured: None) -> None:
    from fastapi import FastAPI
    from starlette.requests import Request

    from tesseral_verify.fastapi import RequireAuthMiddleware

    class Dispatching(RequireAuthMiddleware):
        async def dispatch(self, request: Request, call_next: Any) -> Any:
            return await super().dispatch(request, call_next)

    given = {"publishable_key": fake.publishable_key, "config_api_hostname": fake.host}
    app = Dispatching(FastAPI(), refusal_body=problem, **given)
    for kind in ("http", "websocket"):
        answer = asgi_response(app, "/", {}, kind=kind)
        assert (answer.status, json.loads(answer.body)["reason"]) == (401, "credentials_missing")
        assert answer.fields["content-type"] == "application/problem+json"
        assert answer.fields["content-length"] == str(len(answer.body))
    with fastapi(refusal_body=problem, exclude=["/maybe"], **given) as ask:
        assert ask("/maybe").body == b"nobody"


@pytest.mark.parametrize("wrong", [b"body", 5, later, {"error": "x"}])
def test_what_is_no_function_is_told(framework: Any, wrong: Any) -> None:
    with pytest.raises(TypeError, match="refusal_body is not an ordinary function"):
        with framework(refusal_body=wrong) as ask:
            ask("/")


def test_django_takes_a_dotted_name(fake: Fake, configured: None) -> None:
    from .support.views import django

    given = {"publishable_key": fake.publishable_key, "config_api_hostname": fake.host}
    with django(refusal_body="tests.test_refusal_body.page", **given) as ask:
        assert ask("/").body == b"<h1>401"
    with pytest.raises(ImportError):
        with django(refusal_body="tests.test_refusal_body.nothing", **given):
            pass
