"""The compiled module: what it takes, returns, refuses and does not print."""

from __future__ import annotations

import ast
import copy
import gc
import inspect
import pickle
import time
from pathlib import Path
from typing import Any

import pytest

import tesseral_verify
from tesseral_verify import (
    AccessTokenClaims,
    ApiKey,
    Auth,
    ConfigError,
    ListError,
    NotAnAccessTokenError,
    Revoked,
    TesseralError,
    Verifier,
    _native,
)

from .support.fake import Fake
from .support.tokens import Signer, claims

NOW = 1_750_000_000


@pytest.fixture(scope="module")
def signer() -> Signer:
    return Signer()


@pytest.fixture(scope="module")
def verifier(signer: Signer) -> Verifier:
    return Verifier(f'{{"projectId":"project_1","keys":[{signer.jwk},{{"kty":"oct"}}]}}', api_keys=True)


@pytest.fixture
def payload(verifier: Verifier) -> dict[str, Any]:
    return claims(verifier.inspect().issuer, exp=NOW + 300, nbf=NOW, iat=NOW)


def refusal(call: Any, *arguments: Any, **options: Any) -> TesseralError:
    with pytest.raises(TesseralError) as caught:
        call(*arguments, **options)
    return caught.value


def test_claims_are_typed(signer: Signer, verifier: Verifier, payload: dict[str, Any]) -> None:
    payload["impersonator"] = {"email": "staff@example.com"}
    payload["user"]["profilePictureUrl"] = "https://example.com/é\n.png"
    token = signer.token(payload)
    auth = verifier.verify_token(token, NOW)
    found = auth.access_token_claims()
    assert (auth.credentials_type(), auth.credentials(), auth.organization_id()) == ("access_token", token, "org_1")
    assert auth.api_key_id() is None
    assert (found.iss, found.sub, found.aud) == (payload["iss"], "user_1", payload["iss"])
    assert (found.exp, found.nbf, found.iat) == (NOW + 300, NOW, NOW)
    assert (found.session.id, found.user.id, found.user.email) == ("session_1", "user_1", "a@example.com")
    assert (found.user.display_name, found.user.profile_picture_url) == ("Ada", "https://example.com/é\n.png")
    assert (found.organization.id, found.organization.display_name) == ("org_1", "Example")
    assert found.impersonator is not None and found.impersonator.email == "staff@example.com"
    assert found.actions == auth.actions() == ("app.posts.read", "app.posts.write")
    assert auth.has_permission("app.posts.read") and not auth.has_permission("app.posts")


def test_what_is_absent_is_none(signer: Signer, verifier: Verifier, payload: dict[str, Any]) -> None:
    payload["user"] = {"id": "user_1", "email": "a@example.com"}
    payload["organization"] = {"id": "org_1"}
    del payload["actions"]
    payload["aud"] = ["another", payload["iss"]]
    found = verifier.verify_token(signer.token(payload), NOW).access_token_claims()
    assert (found.user.display_name, found.user.profile_picture_url, found.organization.display_name) == (None,) * 3
    assert found.impersonator is None and found.actions == ()
    assert found.aud == ("another", payload["iss"])


def test_the_clock(signer: Signer, verifier: Verifier, payload: dict[str, Any]) -> None:
    token = signer.token(payload)
    assert refusal(verifier.verify_token, token, NOW - 1).slug == "token_not_yet_valid"
    for now in (NOW, NOW + 300, NOW + 300.9):
        verifier.verify_token(token, now)
    assert refusal(verifier.verify_token, token, NOW + 301).slug == "token_expired"
    for now in (float("nan"), float("inf")):
        with pytest.raises(ValueError, match="finite"):
            verifier.verify_token(token, now)
    assert refusal(verifier.verify_token, token, -1e300).slug == "token_not_yet_valid"
    assert refusal(verifier.verify_token, token).slug == "token_expired"
    fresh = signer.token(claims(payload["iss"], exp=int(time.time()) + 60))
    verifier.verify_token(fresh)


def test_str_and_bytes(signer: Signer, verifier: Verifier, payload: dict[str, Any]) -> None:
    token = signer.token(payload)
    assert verifier.verify_token(token.encode(), NOW).credentials() == token
    assert refusal(verifier.verify_token, "\ud800.a.b", NOW).slug == "token_malformed"
    assert refusal(verifier.verify_token, b"\xff", NOW).slug == "token_malformed"
    for wrong in (None, 1, [token], bytearray(token.encode())):
        with pytest.raises(TypeError):
            verifier.verify_token(wrong, NOW)  # type: ignore[arg-type]


def test_headers(signer: Signer, verifier: Verifier, payload: dict[str, Any]) -> None:
    token = signer.token(payload)
    cookie = f"tesseral_project_1_access_token={token}"
    good: list[Any] = [
        [("Authorization", f"Bearer {token}")],
        [(b"authorization", f"bearer {token}".encode())],
        [["AUTHORIZATION", f"Bearer {token}"]],
        {"Authorization": f"Bearer {token}", "Host": "a"}.items(),
        iter([(b"cookie", cookie.encode())]),
        [("Cookie", "a=b"), ("Cookie", f"tesseral_project_1_access_token=x.y.z; {cookie}")],
        [("Authorization", "Basic x"), ("Cookie", cookie)],
    ]
    for headers in good:
        auth = verifier.authenticate(headers, NOW)
        assert isinstance(auth, Auth) and auth.credentials() == token
    for headers, slug in [
        ([], "credentials_missing"),
        ([("Authorization", "Bearer "), ("Cookie", cookie)], "credentials_missing"),
        ([("Authorization", f"Bearer {token}")] * 2, "credentials_unrecognized"),
        ([("Cookie", "tesseral_project_2_access_token=" + token)], "credentials_missing"),
        ([("Authorization", "Bearer abc")], "api_key_invalid"),
    ]:
        assert refusal(verifier.authenticate, headers, NOW).slug == slug
    for wrong in (["ab", "c"], [("a",)], [("a", "b", "c")], [1], 1, [("Authorization", None)]):
        with pytest.raises(TypeError):
            verifier.authenticate(wrong, NOW)  # type: ignore[arg-type]


def test_batches_say_what_single_calls_say(signer: Signer, verifier: Verifier, payload: dict[str, Any]) -> None:
    good = signer.token(payload)
    tokens = [good, good[:-4] + "AAAA", "", "x" * 20_000, good.encode()] * 40
    verdicts = verifier.verify_batch(iter(tokens), NOW)
    assert len(verdicts) == 200
    for token, verdict in zip(tokens, verdicts):
        if isinstance(verdict, Auth):
            assert verdict.credentials() == verifier.verify_token(token, NOW).credentials()
        else:
            assert verdict.slug == refusal(verifier.verify_token, token, NOW).slug
    assert sum(isinstance(verdict, Auth) for verdict in verdicts) == 80
    assert verifier.verify_batch([], NOW) == []
    with pytest.raises(TypeError):
        verifier.verify_batch([good, 1], NOW)  # type: ignore[list-item]


def test_inspect(signer: Signer, verifier: Verifier) -> None:
    found = verifier.inspect()
    assert (found.project_id, found.issuer) == ("project_1", "https://project-1.tesseral.app")
    assert (found.keys, found.keys_skipped) == ([signer.kid], 1)
    assert [(key.index, key.reason) for key in found.skipped] == [(1, "kty_unsupported")]


def test_documents_and_options_that_are_refused(signer: Signer) -> None:
    good = f'{{"projectId":"project_1","keys":[{signer.jwk}]}}'
    for document, options, slug, offset in [
        ("{", {}, "config_malformed", 1),
        (" " * 300_000, {}, "config_too_large", None),
        ('{"projectId":"p","keys":[]}', {}, "config_no_usable_key", None),
        (f'{{"keys":[{signer.jwk}]}}', {}, "config_no_issuer", None),
        (good, {"leeway_seconds": 301}, "invalid_argument", None),
        (good, {"max_token_len": 65_537}, "invalid_argument", None),
    ]:
        error = refusal(Verifier, document, **options)
        assert isinstance(error, ConfigError)
        assert (error.slug, error.offset) == (slug, offset)
    with pytest.raises(ValueError, match="profile"):
        Verifier(good, profile="huge")  # type: ignore[arg-type]
    for profile in ("server", "compact", "tiny"):
        made = Verifier(good.encode(), profile=profile, leeway_seconds=300)  # type: ignore[arg-type]
        assert made.inspect().keys == [signer.kid]


def test_revoked_sessions_and_users(signer: Signer) -> None:
    project, other = "project_" + "0" * 24 + "1", "project_" + "0" * 24 + "2"
    session, user, subject = "session_" + "0" * 25, "user_" + "0" * 25, "user_" + "0" * 24 + "3"
    verifier = Verifier(f'{{"projectId":"{project}","keys":[{signer.jwk}]}}', api_keys=True)
    payload = claims(verifier.inspect().issuer, exp=NOW + 300, nbf=NOW, iat=NOW, session={"id": session}, sub=subject)
    payload["user"]["id"] = user
    payload["impersonator"] = {"email": "staff@example.com"}
    auth = verifier.verify_token(signer.token(payload), NOW)
    version = "tesseral-revoked 1\n"
    for entry in (session, user, subject):
        revoked = Revoked(f"{version}{project} {entry}\n{project} {entry}\r\n".encode())
        assert len(revoked) == 1
        error = refusal(verifier.check_revoked, revoked, auth)
        assert (error.slug, error.code, error.http_status) == ("token_revoked", 5006, 401)
        verifier.check_revoked(Revoked(f"{version}{other} {entry}\n"), auth)
    assert not Revoked(version)
    verifier.check_revoked(Revoked(version), auth)
    nobody = Verifier(f'{{"keys":[{signer.jwk}]}}', issuer=verifier.inspect().issuer)
    assert refusal(nobody.check_revoked, Revoked(version), auth).slug == "invalid_argument"
    for text, line in [("", 1), (version + f"{project} {session}", 2), (version + "\nx\n", 3)]:
        with pytest.raises(ListError) as caught:
            Revoked(text)
        assert (caught.value.slug, caught.value.line) == ("revocations_malformed", line)
        assert str(caught.value).endswith(f" at line {line}")


def test_api_keys_without_io(verifier: Verifier, fake: Fake) -> None:
    key = verifier.authenticate([("Authorization", f"Bearer {fake.api_key}")], NOW)
    assert isinstance(key, ApiKey)
    assert (key.credentials(), len(key.fingerprint())) == (fake.api_key, 32)
    assert key.request() == f'{{"secretToken":"{fake.api_key}"}}'.encode()
    auth = key.response(200, b'{"apiKeyId":"api_key_1","organizationId":"org_1","actions":["a.b.c"]}')
    assert (auth.credentials_type(), auth.api_key_id(), auth.organization_id()) == ("api_key", "api_key_1", "org_1")
    assert auth.has_permission("a.b.c") and auth.actions() == ("a.b.c",)
    with pytest.raises(NotAnAccessTokenError) as caught:
        auth.access_token_claims()
    assert caught.value.slug == "not_an_access_token"
    for status, body, slug in [
        (200, "", "api_key_lookup_failed"),
        (200, "{}", "api_key_lookup_failed"),
        (400, '{"message":"unauthenticated_api_key"}', "api_key_invalid"),
        (400, '{"message":"invalid_argument"}', "api_key_lookup_failed"),
        (403, '{"message":"permission_denied"}', "api_keys_not_permitted"),
        (500, "", "api_key_lookup_failed"),
    ]:
        assert refusal(key.response, status, body).slug == slug


def test_nothing_prints_a_secret(signer: Signer, verifier: Verifier, payload: dict[str, Any], fake: Fake) -> None:
    auth = verifier.verify_token(signer.token(payload), NOW)
    key = verifier.authenticate([("Authorization", f"Bearer {fake.api_key}")], NOW)
    found = auth.access_token_claims()
    parts = [auth, key, found, found.user, found.organization, found.session, verifier, verifier.inspect()]
    for part in parts:
        for text in (repr(part), str(part)):
            assert text.startswith("<tesseral_verify.") and len(text) < 70, text


def test_objects_are_immutable(signer: Signer, verifier: Verifier, payload: dict[str, Any]) -> None:
    found = verifier.verify_token(signer.token(payload), NOW).access_token_claims()
    for part, name in [(found, "exp"), (found.user, "email"), (found, "new"), (verifier, "new")]:
        with pytest.raises(AttributeError):
            setattr(part, name, 1)
    for kind in (type(found), Auth, ApiKey):
        with pytest.raises(TypeError):
            kind()
        with pytest.raises(TypeError):
            type("Sub", (kind,), {})


def test_errors() -> None:
    for slug, (code, status, text) in _native.ERRORS.items():
        error = TesseralError(slug)
        assert (error.slug, error.code, error.http_status, str(error)) == (slug, code, status, text)
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), again.slug, str(again)) == (TesseralError, slug, text)
    assert _native.ERRORS["token_expired"] == (5001, 401, "token has expired")
    refused = pickle.loads(pickle.dumps(ConfigError("config_malformed", 7)))
    assert (refused.slug, refused.offset, str(refused)) == (
        "config_malformed",
        7,
        "the configuration document is malformed at octet 7",
    )
    assert str(NotAnAccessTokenError("called")) == "called"
    assert issubclass(NotAnAccessTokenError, TesseralError)


def test_copies_and_pickles(signer: Signer, verifier: Verifier, payload: dict[str, Any]) -> None:
    payload["impersonator"] = {"email": "staff@example.com"}
    for changes in ({}, {"impersonator": ..., "aud": ["x", payload["aud"]], "user": {"id": "u", "email": "e\x00\r\n"}}):
        members = {name: value for name, value in {**payload, **changes}.items() if value is not ...}
        auth = verifier.authenticate([("authorization", f"Bearer {signer.token(members)}")], NOW)
        assert isinstance(auth, Auth)
        made = auth.access_token_claims()
        assert copy.copy(made) is copy.deepcopy(made) is made
        assert copy.copy(auth) is copy.deepcopy({"sender": auth})["sender"] is auth
        for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
            again = pickle.loads(pickle.dumps(made, protocol))
            assert type(again) is AccessTokenClaims and contents(again) == contents(made)
        assert pickle.loads(pickle.dumps(made.user)).email == made.user.email
        # A credential is a secret.
        with pytest.raises(TypeError):
            pickle.dumps(auth)
    for name, given in (("Verifier", ()), ("Session", ()), ("Session", (None,)), ("Session", ("a", "b")), ("User", ("a", 1))):
        with pytest.raises((TypeError, ValueError)):
            _native.unpickled(name, given)


def contents(value: Any) -> Any:
    """The members of claims, and of what is in them."""
    if type(value).__module__ != "tesseral_verify":
        return value
    names = [name for name in dir(value) if not name.startswith("__")]
    assert names
    return type(value), {name: contents(getattr(value, name)) for name in names}


def test_stubs_name_what_is_there() -> None:
    stub = ast.parse((Path(tesseral_verify.__file__).parent / "_native.pyi").read_text())
    compared = 0
    for node in stub.body:
        if not isinstance(node, ast.ClassDef):
            continue
        stated = {member.name for member in node.body if isinstance(member, ast.FunctionDef)}
        stated = {name for name in stated if not name.startswith("__")}
        there = {name for name in vars(getattr(_native, node.name)) if not name.startswith("__")}
        assert stated == there, node.name
        compared += len(there)
    classes = {name for name, value in vars(_native).items() if inspect.isclass(value)}
    assert classes == {node.name for node in stub.body if isinstance(node, ast.ClassDef)}
    assert compared > 40


def test_a_finalizer_may_verify_too(signer: Signer, verifier: Verifier, payload: dict[str, Any]) -> None:
    """The garbage collector may run Python code wherever an object is made, also inside of a call."""
    token = signer.token(payload)
    seen = []

    class Finalized:
        def __init__(self) -> None:
            self.itself = self

        def __del__(self) -> None:
            seen.append(verifier.verify_token(token, NOW).organization_id())

    thresholds = gc.get_threshold()
    gc.set_threshold(1)
    try:
        for _ in range(50):
            Finalized()
            assert len(verifier.verify_token(token, NOW).actions()) == 2
    finally:
        gc.set_threshold(*thresholds)
    gc.collect()
    assert seen == ["org_1"] * 50
