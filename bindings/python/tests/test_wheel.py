"""The wheels that tests/run.sh has built: their files and metadata, and that only the one for tests can sign."""

from __future__ import annotations

import os
import re
import subprocess
import zipfile
from email import message_from_string
from email.message import Message
from pathlib import Path

import pytest

import tesseral_verify
import tesseral_verify_testing

from .support.fake import ROOT
from .support.signing import signing_code, signing_functions

FOLDER = ROOT / "bindings/python"


def opened(folder: str) -> dict[str, bytes]:
    built = list((FOLDER / "target" / folder).glob("*.whl"))
    assert len(built) == 1, "build it with tests/run.sh"
    with zipfile.ZipFile(built[0]) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module", params=["wheels", "testing-wheels"])
def wheel(request: pytest.FixtureRequest) -> dict[str, bytes]:
    return opened(request.param)


def metadata(wheel: dict[str, bytes]) -> Message:
    [text] = [content.decode() for path, content in wheel.items() if path.endswith(".dist-info/METADATA")]
    return message_from_string(text)


def test_licences(wheel: dict[str, bytes]) -> None:
    for name in ("LICENSE-MIT", "LICENSE-APACHE"):
        [packed] = [content for path, content in wheel.items() if path.endswith(f".dist-info/licenses/{name}")]
        assert packed == (ROOT / name).read_bytes()


def test_no_path_of_the_machine_that_built_it(wheel: dict[str, bytes]) -> None:
    places = {str(ROOT), os.path.realpath(ROOT), str(Path.home() / ".cargo"), os.environ.get("CARGO_HOME", "")} - {""}
    [native] = [content for path, content in wheel.items() if path.endswith(".so")]
    assert b"tesseral-verify/" in native
    for path, content in wheel.items():
        for place in places:
            assert place.encode() not in content, (path, place)


def test_the_readme_has_no_link_that_only_a_checkout_can_follow(wheel: dict[str, bytes]) -> None:
    targets = re.findall(r"\]\(([^)]*)\)", metadata(wheel).get_payload())
    assert targets and all(target.startswith("https://") for target in targets), targets


def test_it_is_typed(wheel: dict[str, bytes]) -> None:
    assert [path for path in wheel if path.endswith("/py.typed")] and [path for path in wheel if path.endswith(".pyi")]


def test_the_classifiers_exist(wheel: dict[str, bytes]) -> None:
    classifiers = metadata(wheel).get_all("Classifier") or []
    known = pytest.importorskip("trove_classifiers", reason="hatchling brings it, which is there with Python 3.13")
    assert set(classifiers) <= known.classifiers and len(set(classifiers)) == len(classifiers)
    minors = {int(found[1]) for text in classifiers if (found := re.search(r":: 3\.(\d+)$", text))}
    assert metadata(wheel)["Requires-Python"] == f">=3.{min(minors)}"
    assert minors == set(range(min(minors), max(minors) + 1))


def test_the_versions_are_the_library_s() -> None:
    stated = re.findall(r'^version = "(.*)"$', (ROOT / "Cargo.toml").read_text(), re.MULTILINE)
    wheels = [metadata(opened(folder)) for folder in ("wheels", "testing-wheels")]
    assert [one["Version"] for one in wheels] == stated * 2
    assert wheels[1].get_all("Requires-Dist") == [f"tesseral-verify=={stated[0]}"]
    assert [tesseral_verify.__version__, tesseral_verify_testing.__version__] == stated * 2


def test_only_the_wheel_for_tests_can_sign() -> None:
    production, testing = opened("wheels"), opened("testing-wheels")
    assert signing_code(production) == signing_functions(production) == set()
    # The same search finds signing code where it is.
    assert {"fake-tesseral/src/signing.rs"} <= signing_code(testing)
    assert {"mint_access_token", "mint_refused_token", "sign", "issue_api_key"} <= signing_functions(testing)


def test_only_the_extension_for_tests_is_made_of_what_signs() -> None:
    def crates(package: str) -> set[str]:
        command = [os.environ.get("CARGO", "cargo"), "tree", "--offline", "--quiet", "--edges", "normal", "--prefix", "none"]
        listed = subprocess.run([*command, "--package", package], cwd=FOLDER, check=True, stdout=subprocess.PIPE, text=True)
        return {line.split()[0] for line in listed.stdout.splitlines()}

    signing = {"ecdsa", "fake-tesseral", "p256", "rfc6979"}
    assert crates("tesseral-verify-python") & {*signing, "tesseral-verify"} == {"tesseral-verify"}
    assert crates("tesseral-verify-testing-python") & {*signing, "tesseral-verify"} == signing
