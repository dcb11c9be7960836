"""The modules of Tesseral's packages have counterparts with the same public names."""

from __future__ import annotations

import importlib
import importlib.util
import inspect

import pytest

MODULES = [("flask", name) for name in ("context", "credentials", "errors", "middleware")]
MODULES += [("django", name) for name in ("context", "credentials", "errors", "middleware")]


@pytest.mark.parametrize(("framework", "name"), MODULES)
def test_public_names(framework: str, name: str) -> None:
    if importlib.util.find_spec(f"tesseral_{framework}") is None:
        # Some need Python 3.13; tests/run.sh says so loudly.
        pytest.skip(f"tesseral-{framework} is not installed")
    if framework == "django":
        from .. import test_django  # it makes settings

        assert test_django.settings.configured
    theirs = importlib.import_module(f"tesseral_{framework}.{name}")
    ours = importlib.import_module(f"tesseral_verify.{framework}.{name}")
    names = [
        public
        for public, value in vars(theirs).items()
        if not public.startswith("_") and getattr(value, "__module__", None) == theirs.__name__
    ]
    assert names, "it has no public name any more"
    for public in names:
        assert callable(getattr(ours, public)), public


def test_what_a_credential_looks_like() -> None:
    theirs = importlib.import_module("tesseral_flask.credentials")
    ours = importlib.import_module("tesseral_verify.flask.credentials")
    for value in ("a.b.c", "a.b", "a.b.c.d", "", "word_1", "Word", "a-_.b.c", "a.b.", "é.b.c", "a b", "."):
        for name in ("is_jwt_format", "is_api_key_format"):
            assert getattr(theirs, name)(value) is getattr(ours, name)(value), (name, value)
    assert list(inspect.signature(ours.is_jwt_format).parameters) == ["value"]
