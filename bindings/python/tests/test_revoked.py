"""``revoked``: the middlewares refuse the tokens of revoked sessions and users."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

import pytest

from . import test_django as base  # it makes Django's settings

from django.views.debug import ExceptionReporter

from tesseral_verify import Revoked, TesseralError
from tesseral_verify._async import AsyncAuthenticator
from tesseral_verify._settings import Settings
from tesseral_verify._sync import SyncAuthenticator

from .support.fake import Fake
from .support.raw import bearer
from .support.views import FRAMEWORKS, django

configured = base.configured


@pytest.fixture(params=FRAMEWORKS)
def framework(request: pytest.FixtureRequest, configured: None, fake: Fake, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("TESSERAL_BACKEND_API_KEY", fake.backend_api_key)
    given = {
        "publishable_key": fake.publishable_key,
        "config_api_hostname": fake.host,
        "backend_api_hostname": fake.host,
        "exclude": ["/maybe"],
    }
    return lambda **options: request.param(**{**given, **options})


def naming(fake: Fake, *entries: str) -> Revoked:
    return Revoked("tesseral-revoked 1\n" + "".join(f"{fake.project_id} {entry}\n" for entry in entries))


def claims_of(token: str) -> Any:
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def test_the_list_of_the_moment_counts(fake: Fake, framework: Any) -> None:
    token, other = fake.token(), fake.token(user=1)
    claims = claims_of(token)
    current = [naming(fake)]
    with framework(revoked=lambda: current[0], api_keys_enabled=True) as ask:
        assert ask("/", **bearer(token)).body == b"org_"
        for entry in (claims["session"]["id"], claims["user"]["id"]):
            current[0] = naming(fake, entry)
            assert ask("/", **bearer(token)).status == 401
            assert ask("/maybe", **bearer(token)).body == b"nobody"
            assert ask("/", **bearer(fake.api_key)).body == b"org_"
        current[0] = naming(fake, claims["user"]["id"])
        assert ask("/", **bearer(other)).body == b"org_"
        current[0] = naming(fake)
        assert ask("/", **bearer(token)).body == b"org_"
    with framework(revoked=naming(fake, claims["user"]["id"])) as ask:
        assert [ask("/", **bearer(credential)).status for credential in (token, other)] == [401, 200]


def test_a_first_request_and_a_first_token_of_a_new_key(fake: Fake, framework: Any) -> None:
    """They take other paths through the authenticator than later requests."""
    everybody = naming(fake, claims_of(fake.token())["user"]["id"])
    with framework(revoked=everybody) as ask:
        assert ask("/", **bearer(fake.token())).status == 401
        fake.command("rotate")
        assert ask("/", **bearer(fake.token())).status == 401


class Gone(Exception):
    """The application's function has no list."""


def test_without_a_list_no_request_passes(fake: Fake, framework: Any) -> None:
    def gone() -> Any:
        raise Gone

    for give, error in ((gone, Gone), (lambda: None, TypeError), (lambda: b"", TypeError)):
        with framework(revoked=give, api_keys_enabled=True) as ask:
            with pytest.raises(error):
                ask("/", **bearer(fake.token()))
            assert ask("/", **bearer(fake.api_key)).body == b"org_", "lists name sessions and users alone"


@pytest.mark.parametrize("target", ["/", "/maybe"])
def test_reports_of_django_hold_no_credential(fake: Fake, configured: None, target: str) -> None:
    """It sends ADMINS the variables of all frames through which an error went."""

    def gone() -> Any:
        raise Gone

    token = fake.token()
    given = {"publishable_key": fake.publishable_key, "config_api_hostname": fake.host, "exclude": ["/maybe"]}
    with django(revoked=gone, **given) as ask, pytest.raises(Gone) as raised:
        ask(target, **bearer(token))
    frames = ExceptionReporter(None, raised.type, raised.value, raised.tb).get_traceback_frames()
    ours = [frame for frame in frames if "tesseral_verify" in frame["filename"]]
    assert len(ours) > 5 and token not in str([frame["vars"] for frame in ours])


async def later() -> Any:
    return None


@pytest.mark.parametrize("wrong", [b"tesseral-revoked 1\n", 5, later, Revoked, ["session_x"]])
def test_what_gives_no_list_is_told(framework: Any, wrong: Any) -> None:
    with pytest.raises(TypeError, match="revoked is neither"):
        with framework(revoked=wrong) as ask:
            ask("/")


def test_authenticators(fake: Fake, configured: None) -> None:
    token = fake.token()
    settings = Settings(
        publishable_key=fake.publishable_key,
        config_api_hostname=fake.host,
        revoked=naming(fake, claims_of(token)["session"]["id"]),
    )
    authenticator = SyncAuthenticator(settings, None, None)
    with pytest.raises(TesseralError, match="revoked"):
        authenticator.authenticate_access_token(access_token=token)
    for _ in range(2):
        with pytest.raises(TesseralError, match="revoked"):
            authenticator.authenticate(list(bearer(token).items()))
    authenticator.authenticate(list(bearer(fake.token(user=1)).items()))
    requests = json.loads(authenticator.stats_json())["requests"]
    assert {slug: count for slug, count in requests.items() if count} == {"token_revoked": 3, "ok": 1}
    with pytest.raises(TesseralError, match="revoked"):
        asyncio.run(AsyncAuthenticator(settings, None, None).authenticate_access_token(access_token=token))
