"""The repository's scripts run the tools of a virtual environment with its own Python."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_no_entry_point_script_is_run() -> None:
    """Its first line names the interpreter by an absolute path. In a copied checkout, that is the original's interpreter."""
    found = []
    for path in scripts():
        text, name = path.read_text(), str(path.relative_to(ROOT))
        if "venv" in text:
            found += [(name, tool) for tool in re.findall(r"\$\{?\w+\}?\"?/bin/([\w.-]+)", text)]
    assert ("bindings/python/tests/run.sh", "python") in found, "the scripts are written otherwise now"
    assert [(name, tool) for name, tool in found if tool != "python" and not is_program(tool)] == []


def scripts() -> Iterator[Path]:
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in ("target", ".git")]
        yield from (Path(folder, name) for name in names if name.endswith(".sh") or name in ("Makefile", "run"))


def is_program(tool: str) -> bool:
    """Whether the tool is there and no script: maturin is machine code, which is the same in every place."""
    path = Path(sys.prefix) / "bin" / tool
    return path.exists() and path.read_bytes()[:2] != b"#!"
