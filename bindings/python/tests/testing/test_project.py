"""The throw-away project: what it mints is what the issuer mints, and the verifier judges it as in production."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import time
from typing import Any

import httpx
import pytest

from tesseral_verify import Auth, TesseralError, Verifier
from tesseral_verify_testing import REFUSALS, Project


@pytest.fixture(scope="module")
def project() -> Project:
    return Project()


@pytest.fixture(scope="module")
def verifier(project: Project) -> Verifier:
    return Verifier(project.document)


def parts(token: str) -> tuple[Any, Any]:
    header, payload = (json.loads(base64.urlsafe_b64decode(part + "==")) for part in token.split(".")[:2])
    return header, payload


def verified(verifier: Verifier, token: str) -> Auth:
    found = verifier.authenticate([("authorization", f"Bearer {token}")])
    assert isinstance(found, Auth)
    return found


def slug(verifier: Verifier, token: str) -> str:
    with pytest.raises(TesseralError) as refused:
        verified(verifier, token)
    return refused.value.slug


def test_an_ordinary_token(project: Project, verifier: Verifier) -> None:
    before = int(time.time())
    token = project.mint_access_token()
    header, payload = parts(token)
    assert header == {"kid": project.kid, "alg": "ES256"}
    assert list(payload) == ["iss", "sub", "aud", "exp", "nbf", "iat", "session", "user", "organization"]
    assert payload["iss"] == payload["aud"] == project.issuer
    assert before <= payload["iat"] == payload["nbf"] == payload["exp"] - 300 <= time.time()
    claims = verified(verifier, token).access_token_claims()
    assert claims.sub == claims.user.id == payload["user"]["id"]
    assert claims.organization.id == parts(project.mint_access_token())[1]["organization"]["id"], "the same user each time"


def test_every_claim_can_be_chosen(project: Project, verifier: Verifier) -> None:
    issued_at = int(time.time()) - 10
    token = project.mint_access_token(
        organization_id="org_1",
        organization_display_name="Example & Co",
        user_id="user_1",
        user_email="ada@example.com",
        user_display_name="Ada",
        user_profile_picture_url="https://example.com/ada",
        session_id="session_1",
        permissions=["b.b.b", "a.a.a", "b.b.b"],
        impersonator_email="admin@example.com",
        issued_at=issued_at,
        not_before=issued_at - 1,
        expires_at=issued_at + 60,
    )
    claims = verified(verifier, token).access_token_claims()
    assert json.loads(claims.payload) == {
        "iss": project.issuer,
        "sub": "user_1",
        "aud": project.issuer,
        "exp": issued_at + 60,
        "nbf": issued_at - 1,
        "iat": issued_at,
        "session": {"id": "session_1"},
        "user": {
            "id": "user_1",
            "email": "ada@example.com",
            "displayName": "Ada",
            "profilePictureUrl": "https://example.com/ada",
        },
        "organization": {"id": "org_1", "displayName": "Example & Co"},
        "actions": ["a.a.a", "b.b.b"],
        "impersonator": {"email": "admin@example.com"},
    }
    assert parts(project.mint_access_token(user_id="user_1", subject="user_2"))[1]["sub"] == "user_2"
    for chosen, reason in [
        ({"issuer": "https://example.com"}, "issuer_mismatch"),
        ({"audience": "https://example.com"}, "audience_mismatch"),
        ({"kid": "another"}, "key_unknown"),
        ({"expires_at": issued_at - 1}, "token_expired"),
        ({"not_before": issued_at + 3600}, "token_not_yet_valid"),
        ({"session_id": ""}, "claims_malformed"),
    ]:
        assert slug(verifier, project.mint_access_token(**chosen)) == reason  # type: ignore[arg-type]


def test_what_is_no_claim_is_refused(project: Project) -> None:
    with pytest.raises(TypeError, match="no claim is named organisation_id"):
        project.mint_access_token(organisation_id="org_1")  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        project.mint_access_token(permissions="a.a.a")
    with pytest.raises(ValueError, match="token_expired"):
        project.mint_refused_token("expired")


@pytest.mark.parametrize("reason", REFUSALS)
def test_bad_tokens_are_bad_for_one_reason(project: Project, verifier: Verifier, reason: str) -> None:
    token = project.mint_refused_token(reason, organization_id="org_1")
    assert slug(verifier, token) == reason
    if reason != "signature_invalid":
        assert parts(token)[1]["organization"]["id"] == "org_1"
    # No leeway helps, and no other project's keys either.
    assert slug(Verifier(project.document, leeway_seconds=300), token) == reason
    assert slug(Verifier(Project().document), token) in ("key_unknown", "alg_not_allowed")


def test_anything_can_be_signed(project: Project, verifier: Verifier) -> None:
    header = json.dumps({"kid": project.kid, "alg": "ES256"}).encode()
    assert slug(verifier, project.sign(header, b"not JSON")) == "claims_malformed"


def test_rotation(project: Project) -> None:
    before, document, kid = project.mint_access_token(), project.document, project.kid
    assert project.rotate(published=False) == project.kid != kid
    assert project.document == document and slug(Verifier(document), project.mint_access_token()) == "key_unknown"
    project.publish()
    for token in (before, project.mint_access_token()):
        assert verified(Verifier(project.document), token)


def test_the_nonce_is_that_of_rfc_6979(project: Project) -> None:
    assert project.sign(b"{}", b"{}") == project.sign(b"{}", b"{}") != project.sign(b"{}", b"[]")


def test_keys_belong_to_the_process() -> None:
    code = "from tesseral_verify_testing import Project; print(Project().document.decode(), Project().project_id)"
    printed = [subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.PIPE).stdout for _ in range(2)]
    assert printed[0] != printed[1]
    assert Project().document != Project().document
    secret = Project()
    assert repr(secret) == f"<tesseral_verify_testing.Project {secret.project_id}>"


def test_api_keys(project: Project) -> None:
    verifier = Verifier(project.document, api_keys=True)

    def asked(secret: str) -> Any:
        key = verifier.authenticate([("authorization", f"Bearer {secret}")])
        assert not isinstance(key, Auth)
        answer = project.http_client().post(
            "https://api.tesseral.com/v1/api-keys/authenticate",
            headers={"authorization": f"Bearer {project.backend_api_key}", "content-type": "application/json"},
            content=key.request(),
        )
        return key.response(answer.status_code, answer.content)

    def reason(secret: str) -> str:
        with pytest.raises(TesseralError) as refused:
            asked(secret)
        return refused.value.slug

    secret = project.issue_api_key(organization_id="org_1", permissions=["b.b.b", "a.a.a"], api_key_id="api_key_1")
    auth = asked(secret)
    assert (auth.organization_id(), auth.api_key_id(), auth.actions()) == ("org_1", "api_key_1", ("a.a.a", "b.b.b"))
    ordinary = asked(project.issue_api_key())
    assert ordinary.organization_id() == parts(project.mint_access_token())[1]["organization"]["id"]
    assert ordinary.actions() == () and ordinary.api_key_id().startswith("api_key_")
    assert reason(project.unknown_api_key()) == "api_key_invalid"
    assert reason(project.issue_api_key(expires_at=int(time.time()))) == "api_key_invalid"
    assert reason(project.issue_api_key(permitted=False)) == "api_keys_not_permitted"
    assert project.revoke_api_key(secret) and not project.revoke_api_key(secret)
    assert reason(secret) == "api_key_invalid"


def test_the_service_answers_in_this_process(project: Project) -> None:
    with project.http_client() as client:
        config = "https://config.tesseral.com/v1/config"
        answer = client.get(f"{config}/{project.publishable_key}")
        assert (answer.status_code, answer.content) == (200, project.document)
        assert answer.headers["content-type"] == "application/json"
        assert client.get(f"{config}/{Project().publishable_key}").json()["message"] == "not_found"
        assert client.get(f"{config}/x").status_code == 400
        assert client.get("https://config.tesseral.com/").status_code == 404
        with pytest.raises(httpx.RemoteProtocolError):
            client.get(f"{config}/publishable_key_{'z' * 25}")
        ask = "https://api.tesseral.com/v1/api-keys/authenticate"
        assert client.post(ask, json={"secretToken": "x"}).status_code == 401
        own = {"authorization": f"Bearer {project.backend_api_key}"}
        for body in (b"", b"[]", b'{"secretToken":1}'):
            assert client.post(ask, headers=own, content=body).json()["message"] == "unauthenticated_api_key"
