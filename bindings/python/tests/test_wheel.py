"""The wheel that tests/run.sh has built: what is in it besides the code."""

from __future__ import annotations

import os
import re
import zipfile
from email import message_from_string
from pathlib import Path

import pytest

from .support.fake import ROOT


@pytest.fixture(scope="module")
def wheel() -> dict[str, bytes]:
    built = list((ROOT / "bindings/python/target/wheels").glob("*.whl"))
    assert len(built) == 1, "build it with tests/run.sh"
    with zipfile.ZipFile(built[0]) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_licences(wheel: dict[str, bytes]) -> None:
    for name in ("LICENSE-MIT", "LICENSE-APACHE"):
        [packed] = [content for path, content in wheel.items() if path.endswith(f".dist-info/licenses/{name}")]
        assert packed == (ROOT / name).read_bytes()


def test_no_path_of_the_machine_that_built_it(wheel: dict[str, bytes]) -> None:
    places = {str(ROOT), os.path.realpath(ROOT), str(Path.home() / ".cargo"), os.environ.get("CARGO_HOME", "")} - {""}
    native = [content for path, content in wheel.items() if "/_native" in path and not path.endswith(".pyi")]
    assert len(native) == 1 and b"tesseral-verify" in native[0]
    for path, content in wheel.items():
        for place in places:
            assert place.encode() not in content, (path, place)


def test_the_readme_has_no_link_that_only_a_checkout_can_follow(wheel: dict[str, bytes]) -> None:
    [text] = [content.decode() for path, content in wheel.items() if path.endswith(".dist-info/METADATA")]
    metadata = message_from_string(text)
    targets = re.findall(r"\]\(([^)]*)\)", metadata.get_payload())
    assert targets and all(target.startswith("https://") for target in targets), targets
