"""The shared vectors: tokens through verify, verify_batch and authenticate, and requests, each with its exact slug."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from typing import Any

import pytest

from tesseral_verify import Auth, TesseralError, Verifier

from .support.fake import ROOT

AUTHORED = {"jwt_hostile_corpus.json": 388, "es256_extreme_scalars.json": 160, "forged_and_bounds.json": 354}


def say(capsys: pytest.CaptureFixture[str], line: str) -> None:
    with capsys.disabled():
        print(f"\nvectors {line}", end="")


def slug_of(call: Any) -> str:
    try:
        assert isinstance(call(), Auth)
        return "ok"
    except TesseralError as error:
        return error.slug


@pytest.mark.parametrize("name", AUTHORED)
def test_authored(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    vectors = json.loads((ROOT / "tests/vectors" / name).read_text())
    ran, disagree = 0, []
    for test in vectors["tests"]:
        now = test.get("now", vectors["now_default"])
        token = base64.b64decode(test["token_b64"]) if "token_b64" in test else test["token"].encode()
        ran += 1
        try:
            verifier = Verifier(test.get("jwks", vectors.get("jwks")), issuer=vectors["issuer"], project_id="project_x")
        except TesseralError as error:
            found = {error.slug}
            expected = {test["slug"]}
        else:
            single = slug_of(lambda: verifier.verify_token(token, now))
            [verdict] = verifier.verify_batch([token], now)
            batch = verdict.slug if isinstance(verdict, TesseralError) else "ok"
            headers = [(b"Authorization", b"Bearer " + token)]
            header = slug_of(lambda: verifier.authenticate(headers, now))
            found, expected = {single, batch, header}, {test["slug"], through_header(test, token)}
            assert single == batch, test["id"]
        if found != expected:
            disagree.append((test["id"], expected, found))
    say(capsys, f"{name}: {ran} ran, {len(disagree)} disagree")
    assert ran == vectors["numberOfTests"] == AUTHORED[name]
    assert not disagree


def through_header(test: dict[str, Any], token: bytes) -> str:
    """The verdict on a token after ``Bearer ``, where it differs from the verdict on the token alone."""
    special = {"b64-lead-space": "ok", "b64-sig-space": "ok", "seg-empty": "credentials_missing"}
    if test["id"] in special:
        return special[test["id"]]
    return "credentials_unrecognized" if b"." not in token or b"," in token else str(test["slug"])


def test_requests(capsys: pytest.CaptureFixture[str]) -> None:
    vectors = json.loads((ROOT / "tests/vectors/extraction.json").read_text())
    verifiers = {on: Verifier(vectors["jwks"], api_keys=on) for on in (False, True)}

    def fill(value: str) -> str:
        for name, text in vectors["texts"].items():
            value = value.replace(name, text)
        return value

    ran, disagree = 0, []
    for test in vectors["tests"]:
        headers = [
            (name.encode(), fill(value).encode()) for name in ("Authorization", "Cookie") for value in test[name.lower()]
        ]
        credential: str | None = None
        try:
            found = verifiers[test.get("api_keys", False)].authenticate(headers, vectors["now_default"])
        except TesseralError as error:
            slug = error.slug
        else:
            slug = "ok" if isinstance(found, Auth) else "api_key_lookup_needed"
            credential = found.credentials()
        expected = (test["slug"], fill(test["credential"]) if "credential" in test else None)
        ran += 1
        if (slug, credential) != expected:
            disagree.append((test["id"], expected, (slug, credential)))
    say(capsys, f"extraction.json: {ran} ran, {len(disagree)} disagree")
    assert ran == vectors["numberOfTests"] > 0
    assert not disagree


def test_issuer_cases(capsys: pytest.CaptureFixture[str]) -> None:
    folder = os.environ.get("TESSERAL_VECTORS")
    if not folder:
        assert "CI" not in os.environ, "CI must set TESSERAL_VECTORS"
        say(capsys, "issuer cases: NOT SEEN, TESSERAL_VECTORS is not set")
        pytest.skip("TESSERAL_VECTORS is not set")
    cases = json.loads((Path(folder) / "tokens/issuer_sdk_authenticate_access_token_tests.json").read_text())
    for case in cases:
        verifier = Verifier(case["jwks"])
        try:
            auth = verifier.verify_token(case["accessToken"], case["nowUnixSeconds"])
        except TesseralError:
            assert case["claims"] is None, case["name"]
        else:
            assert json.loads(auth.access_token_claims().payload) == case["claims"], case["name"]
    say(capsys, f"issuer cases: {len(cases)} ran, 0 disagree")
    assert len(cases) == 13
