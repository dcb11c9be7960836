"""The README's Python runs."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from django.conf import settings

from tesseral_verify._native import ERRORS

from .support.pages import blocks

README = Path(__file__).parents[1] / "README.md"
BLOCKS = blocks(README, "python")


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_examples_run(number: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TESSERAL_BACKEND_API_KEY", "tesseral_secret_key_x")
    monkeypatch.chdir(tmp_path)
    if not settings.configured:
        settings.configure(ALLOWED_HOSTS=["*"], SECRET_KEY="of the tests", LOGGING_CONFIG=None)
    names: dict[str, object] = {"__name__": "example"}
    # No server listens there: tests connect to no host but their own.
    source = BLOCKS[number].replace('("publishable_key_xxx", ', '("x", config_api_hostname="127.0.0.1:9", ')
    exec(compile(source, f"README {number}", "exec"), names)
    if "app" in names and hasattr(names["app"], "build_middleware_stack"):
        names["app"].build_middleware_stack()
    if "organization_of" in names:
        assert names["organization_of"]([]) == "503 keys_unavailable"  # type: ignore[operator]


def test_the_table_of_errors_has_each_slug() -> None:
    """But for those that the library gives to its C callers alone, or for a fault of its own."""
    text = README.read_text()
    unnamed = {"buffer_too_small", "image_malformed", "key_fetch_needed", "api_key_lookup_needed", "internal_error"}
    assert {slug for slug in ERRORS if f"`{slug}`" not in text} == unnamed


def test_there_are_examples() -> None:
    assert len(BLOCKS) >= 6, sys.path
