"""Tesseral's own tests against this package: their source distributions hold them, and only the imports are rewritten.

Nothing of them is kept in the repository. Those that do not pass are the last table of differences.md, with the reason.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import xml.etree.ElementTree
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

HERE = Path(__file__).parent
TARGET = HERE.parents[1] / "target/upstream"

# A module of ours in place of the one private module that they test: the one that judges a token.
STAND_IN = "tests_of_tesseral_verify"
IMPORTS = {
    "fastapi": [
        ("tesseral_fastapi._access_token_authenticator", STAND_IN),
        ("tesseral_fastapi._auth", "tesseral_verify.fastapi"),
        ("tesseral_fastapi._errors", "tesseral_verify.fastapi"),
    ],
    "flask": [("tesseral_flask", "tesseral_verify.flask")],
}
"""Replaced modules, by package. The source distribution of tesseral-django holds no test."""


pytestmark = pytest.mark.skipif(
    sys.version_info < (3, 13), reason="tesseral-fastapi needs Python 3.13, and once is enough"
)


@pytest.fixture(scope="module")
def started() -> Iterator[dict[str, Future[dict[str, bool]]]]:
    """The tests of both packages run at the same time, since they mostly wait for the network and for imports."""
    with ThreadPoolExecutor() as pool:
        yield {framework: pool.submit(outcomes_of, framework) for framework in IMPORTS}


@pytest.mark.parametrize("framework", IMPORTS)
def test_their_own_tests(
    framework: str, started: dict[str, Future[dict[str, bool]]], capsys: pytest.CaptureFixture[str]
) -> None:
    outcomes = started[framework].result()
    listed = {test for test in reasons() if test.startswith(f"{framework} ")}
    failed = {f"{framework} {test}" for test, passed in outcomes.items() if not passed}
    assert len(outcomes) > len(failed), "none passes"
    count = len(outcomes) - len(failed)
    with capsys.disabled():
        print(f"\ncompat: {count} of {len(outcomes)} tests of tesseral-{framework} pass, {len(failed)} are listed")
    assert failed - listed == set(), "these fail, and differences.md gives no reason"
    assert listed - failed == set(), "differences.md lists these, and they pass or are gone"


def outcomes_of(framework: str) -> dict[str, bool]:
    """Whether each test of a package passes."""
    version = pinned(framework)
    folder = TARGET / f"tesseral_{framework}-{version}"
    rewrite(distribution(framework, version), folder, IMPORTS[framework])
    return run(folder)


def pinned(framework: str) -> str:
    """The version that the other comparisons use."""
    lists = "".join(path.read_text() for path in HERE.parent.glob("requirements-compat*.txt"))
    [version] = re.findall(rf"^tesseral-{framework}==(\S+)$", lists, re.MULTILINE)
    return str(version)


def reasons() -> dict[str, str]:
    """The last table of differences.md: tests by framework and name."""
    rows = (HERE / "differences.md").read_text().split("| their test |")[1].splitlines()
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows if row.startswith("| `")]
    return {f"{framework} {test}": why for test_cell, framework, why in cells for test in test_cell.strip("`").split()}


def distribution(framework: str, version: str) -> Path:
    """The source distribution, downloaded when it is not there yet."""
    file = TARGET / f"tesseral_{framework}-{version}.tar.gz"
    if not file.exists():
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        name = f"tesseral-{framework}"
        command += ["--no-build-isolation", "--no-binary", name, "--dest", str(TARGET), f"{name}=={version}"]
        subprocess.run(command, check=True)
    return file


def rewrite(file: Path, folder: Path, imports: list[tuple[str, str]]) -> None:
    """Their folder ``tests`` with our modules in the imports."""
    with tarfile.open(file) as archive:
        for member in archive.getmembers():
            path = Path(*Path(member.name).parts[1:])
            content = archive.extractfile(member)
            if path.parts[:1] != ("tests",) or path.suffix != ".py" or ".." in path.parts or content is None:
                continue
            text = content.read().decode()
            for theirs, ours in imports:
                text = re.sub(rf"^(from|import) {re.escape(theirs)}\b", rf"\1 {ours}", text, flags=re.MULTILINE)
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
    (folder / f"{STAND_IN}.py").write_text((HERE / "token_judge.py").read_text())


def run(folder: Path) -> dict[str, bool]:
    """Whether each test passes, by its name; a file that cannot be imported counts as one."""
    # Not with the configuration of this package, which is in a folder above.
    options = ["-q", "-c", os.devnull, "--rootdir", ".", "-p", "no:cacheprovider", "--junitxml", "results.xml"]
    options += ["--continue-on-collection-errors"]
    command = [sys.executable, "-m", "pytest", *options, "tests"]
    result = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, text=True)
    assert result.returncode in (0, 1, 2), result.stdout
    outcomes = {}
    for case in xml.etree.ElementTree.parse(folder / "results.xml").iter("testcase"):
        place = f"{case.get('classname')}.{case.get('name')}".strip(".")
        outcomes[place.split(".", 1)[1]] = len(case) == 0
    return outcomes
