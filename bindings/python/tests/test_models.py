"""The claims' models beside those of tesseral-sdk, and without that package."""

from __future__ import annotations

import copy
import json
import pickle
import subprocess
import sys
from typing import Any

import pydantic
import pytest
import tesseral.types
from fastapi import FastAPI
from starlette.testclient import TestClient
from tesseral.core import parse_obj_as

from tesseral_verify import Verifier, models

from .support.tokens import Signer, claims

THEIRS = tesseral.types.AccessTokenClaims
OURS = models.AccessTokenClaims

CHANGES: list[dict[str, Any]] = [
    {},
    {"user": {"id": "user_1", "email": "a@example.com", "profilePictureUrl": "https://example.com/a"}},
    {"impersonator": {"email": "staff@example.com"}, "actions": ...},
    {"new": {"displayName": "of the future"}},
]


def both(changes: dict[str, Any]) -> tuple[Any, Any]:
    """The claims of one token, as Tesseral's package makes them and as ours does."""
    signer = Signer()
    verifier = Verifier(f'{{"projectId":"project_1","keys":[{signer.jwk}]}}')
    members = claims(verifier.inspect().issuer, **changes)
    verified = verifier.verify_token(signer.token(members)).access_token_claims()
    return parse_obj_as(THEIRS, json.loads(json.dumps(members))), models.from_verified(verified)


@pytest.mark.parametrize("changes", CHANGES)
def test_they_are_instances_and_equal(changes: dict[str, Any]) -> None:
    theirs, ours = both(changes)
    assert isinstance(ours, THEIRS) and isinstance(ours.user, tesseral.types.AccessTokenUser)
    assert ours == theirs and theirs == ours and not ours != theirs and ours.user == theirs.user
    assert hash(ours.user) == hash(theirs.user) and len({ours.user, theirs.user}) == 1
    changed = ours.model_copy(update={"sub": "other"})
    assert changed != theirs and theirs != changed and ours != ours.user and ours != "text"
    deeper = ours.model_copy(update={"user": ours.user.model_copy(update={"email": "other"})})
    assert deeper != theirs and theirs != deeper


@pytest.mark.parametrize("changes", CHANGES)
def test_they_convert(changes: dict[str, Any]) -> None:
    theirs, ours = both(changes)
    for made in (
        OURS.model_validate(theirs),
        OURS.model_validate(theirs.model_dump(exclude_unset=True)),
        OURS.model_validate(theirs.dict()),
        OURS.model_validate_json(ours.json()),
        OURS(**ours.dict()),
        copy.deepcopy(ours),
        copy.copy(ours),
        pickle.loads(pickle.dumps(ours)),
    ):
        assert type(made) is OURS and made == ours == theirs
        assert made.dict() == theirs.dict() and made.json() == theirs.json()
        assert made.model_dump() == theirs.model_dump()
    assert THEIRS.model_validate(ours) == theirs
    assert parse_obj_as(THEIRS, ours.dict()) == theirs


def test_a_users_model_with_the_field() -> None:
    theirs, ours = both({})

    class Page(pydantic.BaseModel):
        claims: THEIRS  # type: ignore[valid-type]

    assert Page(claims=ours) == Page(claims=theirs)
    assert Page(claims=ours).model_dump() == Page(claims=theirs).model_dump()
    app = FastAPI()
    app.get("/page", response_model=Page)(lambda: {"claims": ours})
    assert TestClient(app).get("/page").json() == json.loads(Page(claims=theirs).model_dump_json())


def test_both_spellings_come_in_and_one_goes_out() -> None:
    for spelling in ("displayName", "display_name"):
        user = models.AccessTokenUser.model_validate({"id": "1", "email": "e", spelling: "Ada"})
        assert (user.display_name, user.model_dump()["display_name"]) == ("Ada", "Ada")
        organization = models.AccessTokenOrganization(**{"id": "1", spelling: "Example"})  # type: ignore[arg-type]
        assert (organization.display_name, "displayName" in organization.model_dump()) == ("Example", False)
    assert models.AccessTokenUser(id="1", email="e", profilePictureUrl="p").profile_picture_url == "p"  # type: ignore[call-arg]


def test_an_organization_without_a_name() -> None:
    """The issuer omits an empty name, and Tesseral's package refuses such a token."""
    for organization in ({"id": "org_1"}, {"id": "org_1", "displayName": ""}, {"id": "org_1", "displayName": None}):
        assert models.AccessTokenOrganization.model_validate(organization).display_name == ""


def test_without_the_package() -> None:
    """The same members, spellings and copies."""
    code = """if True:
        import copy, json, pickle, sys
        sys.modules["tesseral"] = None
        from tesseral_verify import models
        members = json.loads(sys.argv[1])
        made = models.AccessTokenClaims.model_validate(members)
        assert type(made).__mro__[2].__module__ == "tesseral_verify.models", type(made).__mro__
        assert copy.deepcopy(made) == made == pickle.loads(pickle.dumps(made))
        assert hash(made.user) == hash(copy.deepcopy(made.user))
        print(json.dumps([made.model_dump(), made.dict(), made.json()]))
    """
    members = claims("https://project-1.tesseral.app")
    run = [sys.executable, "-c", code, json.dumps(members)]
    alone = json.loads(subprocess.run(run, check=True, stdout=subprocess.PIPE, text=True).stdout)
    theirs = parse_obj_as(THEIRS, members)
    assert alone == [theirs.model_dump(), theirs.dict(), theirs.json()]
