"""The Flask hook beside tesseral-flask: the same requests, the same answers, but for the table's rows."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator
from typing import Any, Optional

import flask
import httpx
import pytest
from tesseral import Tesseral

from ..support.fake import Fake
from ..support.tokens import Signer
from .cases import Case, api_key_cases, bearer, place_cases, token_cases
from .compare import Tally

THEIRS, OURS = "tesseral_flask", "tesseral_verify.flask"
TALLY = Tally("flask")


class FlaskAnswer:
    def __init__(self, answer: Any) -> None:
        self.status_code: int = answer.status_code
        self.content: bytes = answer.data
        self.headers = dict(answer.headers)


def application(package: str, **options: Any) -> flask.Flask:
    module = importlib.import_module(package)
    app = flask.Flask(package)
    if options:
        app.before_request(module.require_auth(**options))

    @app.route("/info", methods=["GET", "POST", "PUT", "DELETE"])
    def info() -> Any:
        return {
            "type": module.credentials_type(),
            "organization": module.organization_id(),
            "credentials": module.credentials(),
            "permission": module.has_permission("app.posts.read"),
        }

    def dump() -> Any:
        try:
            found = module.access_token_claims()
        except module.NotAnAccessTokenError as error:
            return str(error), 409
        return [repr(found.model_dump()), repr(found.dict()), found.json(), found.model_dump_json()]

    for path in ("/dump", "/claims", "/typed", "/nested"):
        app.add_url_rule(path, path, dump)

    @app.route("/permission")
    def permission() -> Any:
        return ("ok", 200) if module.has_permission(flask.request.args["action"]) else ("no", 403)

    return app


class Applications:
    def __init__(self, fake: Fake) -> None:
        self._fake = fake
        self.clients: list[httpx.Client] = []

    def options(self, api_keys: bool, backend_api_key: Optional[str] = None) -> dict[str, Any]:
        http_client, backend_client = (httpx.Client(verify=self._fake.tls()) for _ in range(2))
        self.clients += [http_client, backend_client]
        return {
            "publishable_key": self._fake.publishable_key,
            "config_api_hostname": self._fake.host,
            "http_client": http_client,
            "api_keys_enabled": api_keys,
            "tesseral_client": Tesseral(
                base_url=f"https://{self._fake.host}",
                backend_api_key=backend_api_key or self._fake.backend_api_key,
                httpx_client=backend_client,
            ),
        }

    def pair(self, api_keys: bool, backend_api_key: Optional[str] = None) -> list[flask.Flask]:
        return [application(package, **self.options(api_keys, backend_api_key)) for package in (THEIRS, OURS)]


@pytest.fixture
def applications(fake: Fake) -> Iterator[Applications]:
    made = Applications(fake)
    yield made
    for client in made.clients:
        client.close()


def ask(app: flask.Flask, case: Case) -> FlaskAnswer:
    # Without cookies of its own, so that the Cookie header is the case's.
    client = app.test_client(use_cookies=False)
    return FlaskAnswer(client.open(case.path, method=case.method, headers=case.headers))


def run(pairs: dict[bool, list[flask.Flask]], cases: Iterator[Case]) -> None:
    found = (TALLY.compare(case, *(ask(app, case) for app in pairs[case.api_keys])) for case in cases)
    wrong = [text for text in found if text]
    assert not wrong, "\n".join(wrong)


def test_requests(fake: Fake, applications: Applications) -> None:
    signer = Signer()
    fake.command("document", key=signer.jwk)
    pairs = {api_keys: applications.pair(api_keys) for api_keys in (True, False)}
    run(pairs, token_cases(fake, signer))
    run(pairs, place_cases(fake, cookie_wins="first"))
    run(pairs, api_key_cases(fake))
    empty = [("Authorization", "Bearer"), ("Cookie", f"{fake.cookie_name}={fake.token()}")]
    run(pairs, iter([Case("Bearer, good cookie", empty, difference="bearer-empty")]))
    for fault, parameters in (("status", {"status": 500}), ("empty-ok", {}), ("html", {}), ("reset", {})):
        fake.command(f"fault/api-keys/{fault}", **parameters)
        run(pairs, iter([Case(f"lookup: {fault}", bearer(fake.api_key), difference="lookup-failed")]))
    fake.command("fault/api-keys/none")
    fake.command("api-keys", enabled=0)
    try:
        run(pairs, iter([Case("API keys off", bearer(fake.api_key), difference="permission-denied")]))
    finally:
        fake.command("api-keys", enabled=1)
    own_key = {True: applications.pair(True, "tesseral_secret_key_x")}
    run(own_key, iter([Case("own key", bearer(fake.api_key), difference="own-key")]))


def test_the_accessors_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    theirs, ours = (importlib.import_module(package) for package in (THEIRS, OURS))
    assert set(ours.__all__) - set(theirs.__all__) == {"Auth", "get_auth_or_none", "require"} and set(theirs.__all__) < set(ours.__all__)
    for name in set(theirs.__all__) - {"NotAnAccessTokenError"}:
        parameters = [
            {key: (value.kind, value.default) for key, value in inspect.signature(function).parameters.items()}
            for function in (getattr(theirs, name), getattr(ours, name))
        ]
        assert {key: parameters[1][key] for key in parameters[0]} == parameters[0], name
    monkeypatch.delenv("TESSERAL_BACKEND_API_KEY", raising=False)
    texts = []
    for module in (theirs, ours):
        with pytest.raises(RuntimeError) as caught:
            module.require_auth(publishable_key="publishable_key_x", api_keys_enabled=True)
        texts.append(str(caught.value))
        for call in (module.organization_id, module.access_token_claims, lambda: module.has_permission("a")):
            with pytest.raises(RuntimeError, match="outside of an authenticated request"):
                call()
            with flask.Flask("x").app_context(), pytest.raises(RuntimeError, match="outside of an authenticated"):
                call()
    assert texts[0] == texts[1]


def test_no_configuration(fake: Fake, applications: Applications) -> None:
    fake.command("fault/config/status", status=500)
    with pytest.raises(httpx.HTTPStatusError):
        application(THEIRS, **applications.options(False))
    ours = ask(application(OURS, **applications.options(False)), Case("", bearer(fake.token())))
    assert (ours.status_code, ours.content) == (503, b"Service Unavailable")


def test_where_the_sender_is_kept(fake: Fake, applications: Applications) -> None:
    """With the application context there, with the request here."""
    found = []
    for package, app in zip((THEIRS, OURS), applications.pair(False)):
        module, senders = importlib.import_module(package), []

        def sender() -> str:
            try:
                return module.access_token_claims().user.email
            except RuntimeError:
                return "nobody"

        @app.teardown_appcontext
        def after(_: object) -> None:
            senders.append(sender())

        @app.get("/inner")
        def inner() -> str:
            ask(app, Case("", bearer(fake.token(user=1))))
            return sender()

        answer = ask(app, Case("", bearer(fake.token()), path="/inner"))
        with app.app_context():
            ask(app, Case("", bearer(fake.token(user=2))))
            found.append([answer.content, *senders, sender()])
    theirs, ours = found
    assert theirs == [b"user1@example.com", "user1@example.com", "user2@example.com"]
    assert ours == [b"user0@example.com", "nobody", "nobody"]


def test_nothing_was_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f"\n{TALLY}")
    assert len(TALLY.ran) >= 150 and len(TALLY.seen) >= 20
