"""The code of README.md and of the pages under docs/python, as tests run it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from .fake import ROOT, Fake

PAGES = ROOT / "docs/python"


def blocks(path: Path, language: str) -> list[str]:
    """The code blocks whose first line says this language."""
    return [code for found, code in _fenced(path) if found == language]


def languages(path: Path) -> list[str]:
    """What the first lines of the code blocks say."""
    return [found for found, _ in _fenced(path)]


def _fenced(path: Path) -> list[tuple[str, str]]:
    return re.findall(r"^ *```(.+)\n((?:.*\n)*?) *```$", path.read_text(), re.MULTILINE)


def run(code: str, fake: Fake, folder: Path) -> Any:
    """Runs a block against the service, with files in the folder; gives its names."""
    key = f'"{fake.publishable_key}", config_api_hostname="{fake.host}"'
    code = code.replace('"publishable_key_xxx"', key).replace("/tmp/", f"{folder}/")
    names: dict[str, Any] = {"__name__": "page"}
    exec(compile(code, "page", "exec"), names)
    return names
