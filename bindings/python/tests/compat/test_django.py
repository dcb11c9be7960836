"""The Django middleware beside tesseral-django: the same requests, the same answers, but for the table's rows."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

if importlib.util.find_spec("tesseral_django") is None:
    pytest.skip("tesseral-django is not installed", allow_module_level=True)

import django
from django.conf import settings

if not settings.configured:
    settings.configure(ALLOWED_HOSTS=["*"], SECRET_KEY="of the tests", LOGGING_CONFIG=None)
    django.setup()

import httpx
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.test import Client, override_settings
from django.urls import path
from tesseral.access_tokens import AccessTokenAuthenticator
from tesseral.client import Tesseral

from ..support.fake import Fake
from ..support.tokens import Signer
from .cases import Case, api_key_cases, bearer, place_cases, token_cases
from .compare import Tally

THEIRS, OURS = "tesseral_django", "tesseral_verify.django"
TALLY = Tally("django")


class DjangoAnswer:
    def __init__(self, answer: Any) -> None:
        self.status_code: int = answer.status_code
        # Pages of Django's own name the URL patterns.
        self.content: bytes = answer.content if answer.status_code < 404 or answer.status_code == 409 else b""
        self.headers = {"Content-Type": answer.headers["Content-Type"]} if self.content else {}


def patterns(package: str) -> tuple[Any, ...]:
    module = importlib.import_module(package)

    @module.require_auth
    def info(request: HttpRequest) -> HttpResponse:
        return JsonResponse(
            {
                "type": module.credentials_type(request),
                "organization": module.organization_id(request),
                "credentials": module.credentials(request),
                "permission": module.has_permission(request, "app.posts.read"),
            }
        )

    @module.require_auth
    def dump(request: HttpRequest) -> HttpResponse:
        try:
            found = module.access_token_claims(request)
        except module.NotAnAccessTokenError as error:
            return HttpResponse(str(error), status=409)
        return JsonResponse([repr(found.model_dump()), repr(found.dict()), found.json()], safe=False)

    @module.require_auth
    def permission(request: HttpRequest) -> HttpResponse:
        return HttpResponse(status=200 if module.has_permission(request, request.GET["action"]) else 403)

    def public(request: HttpRequest) -> HttpResponse:
        return HttpResponse("public")

    views = {"info": info, "dump": dump, "claims": dump, "typed": dump, "nested": dump, "permission": permission}
    return tuple(path(name, view) for name, view in {**views, "public": public}.items())


class Application:
    """One package's middleware and views, set up at its first request."""

    def __init__(self, package: str, fake: Fake, api_keys: bool) -> None:
        self._settings = {
            "MIDDLEWARE": [f"{package}.middleware.AuthMiddleware"],
            "ROOT_URLCONF": patterns(package),
            "TESSERAL_PUBLISHABLE_KEY": fake.publishable_key,
            "TESSERAL_CONFIG_API_HOSTNAME": fake.host,
            "TESSERAL_BACKEND_API_HOSTNAME": fake.host,
            "TESSERAL_API_KEYS_ENABLED": api_keys,
        }
        self._client = Client(raise_request_exception=False)

    def ask(self, case: Case) -> DjangoAnswer:
        variables = {f"HTTP_{name.upper()}": value for name, value in case.headers}
        with override_settings(**self._settings):
            return DjangoAnswer(self._client.generic(case.method, case.path, **variables))


@pytest.fixture(autouse=True)
def environment(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("SSL_CERT_FILE", fake.ca_file)
    monkeypatch.setenv("TESSERAL_BACKEND_API_KEY", fake.backend_api_key)
    # Only a replaced constructor can give their clients another host, and close them.
    with httpx.Client() as client:
        pointed = partial(Tesseral, base_url=f"https://{fake.host}", httpx_client=client)
        monkeypatch.setattr("tesseral_django.middleware.Tesseral", pointed)
        fetching = partial(AccessTokenAuthenticator, http_client=client)
        monkeypatch.setattr("tesseral_django.middleware.AccessTokenAuthenticator", fetching)
        yield


def run(pairs: dict[bool, list[Application]], cases: Iterator[Case]) -> None:
    found = (TALLY.compare(case, *(app.ask(case) for app in pairs[case.api_keys])) for case in cases)
    wrong = [text for text in found if text]
    assert not wrong, "\n".join(wrong)


def test_requests(fake: Fake) -> None:
    signer = Signer()
    fake.command("document", key=signer.jwk)
    pairs = {on: [Application(package, fake, on) for package in (THEIRS, OURS)] for on in (True, False)}
    run(pairs, token_cases(fake, signer))
    run(pairs, place_cases(fake))
    run(pairs, api_key_cases(fake))
    run(pairs, iter([Case("public"), Case("public", path="/public"), Case("public", bearer("x.y.z"), path="/public")]))
    for fault, parameters in (("status", {"status": 500}), ("empty-ok", {}), ("html", {}), ("reset", {})):
        fake.command(f"fault/api-keys/{fault}", **parameters)
        run(pairs, iter([Case(f"lookup: {fault}", bearer(fake.api_key), difference="lookup-failed")]))


def test_no_configuration(fake: Fake) -> None:
    fake.command("fault/config/status", status=500)
    with pytest.raises(httpx.HTTPStatusError):
        Application(THEIRS, fake, False).ask(Case(""))
    ours = Application(OURS, fake, False)
    refused = ours.ask(Case("", bearer(fake.token())))
    assert refused.status_code == 503
    assert ours.ask(Case("", path="/public")).content == b"public"


def test_the_accessors_agree() -> None:
    theirs, ours = (importlib.import_module(package) for package in (THEIRS, OURS))
    assert set(ours.__all__) - set(theirs.__all__) == {"Auth", "authenticator", "get_auth_or_none", "require"}
    assert set(theirs.__all__) < set(ours.__all__)


def test_the_attributes_agree(fake: Fake) -> None:
    with override_settings(
        TESSERAL_PUBLISHABLE_KEY=fake.publishable_key,
        TESSERAL_CONFIG_API_HOSTNAME=fake.host,
        TESSERAL_BACKEND_API_KEY=fake.backend_api_key,
    ):
        theirs, ours = (
            importlib.import_module(f"{package}.middleware").AuthMiddleware(lambda request: HttpResponse())
            for package in (THEIRS, OURS)
        )
        names = {name for name in vars(theirs) if not name.startswith("_")}
        assert {"project_id", "access_token_authenticator", "tesseral_client"} <= names
        for name in names:
            value = getattr(ours, name)
            if isinstance(value, (str, int, bool)):
                assert value == getattr(theirs, name), name
            assert value is not None or getattr(theirs, name) is None, name
        claims = ours.access_token_authenticator.authenticate_access_token(access_token=fake.token())
        assert claims.user.email == "user0@example.com"


def test_nothing_was_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f"\n{TALLY}")
    assert len(TALLY.ran) >= 150 and len(TALLY.seen) >= 15
