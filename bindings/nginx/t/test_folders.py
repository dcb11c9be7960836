"""Tests that pass leave nothing in the target directory, and those that fail leave little."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

PROGRAM = """
from nginx import Nginx
import run, support, sys, types

def test_that_passes():
    Nginx("").check()
    support.directory("service")
    return 1

def test_that_fails():
    folders = [support.directory("service") for _ in range(support.KEPT)] + [Nginx("").dir]
    assert not folders

module = types.ModuleType("test_of_this")
test = globals()[sys.argv[1]]
test.__module__ = "test_of_this"
setattr(module, sys.argv[1], test)
sys.modules["test_of_this"] = module
sys.exit(run.main(["--only", "test_of_this"]))
"""


def test_folders():
    with tempfile.TemporaryDirectory() as target:
        runs = Path(target) / "nginx" / "runs"

        def run(name):
            env = dict(os.environ, CARGO_TARGET_DIR=target, PYTHONPATH=str(Path(__file__).parent))
            return subprocess.run([sys.executable, "-c", PROGRAM, name], env=env, capture_output=True, text=True, timeout=60)

        passed = run("test_that_passes")
        assert passed.returncode == 0 and list(runs.iterdir()) == [], passed
        for _ in range(2):
            failed = run("test_that_fails")
            kept = [line for line in failed.stdout.splitlines() if line.startswith("kept: ")]
            assert failed.returncode == 1 and kept, failed
            assert sorted(kept) == sorted(f"kept: {folder}" for folder in runs.iterdir()), kept
            assert len(kept) == 20 and sum("nginx.conf" in os.listdir(line[6:]) for line in kept) == 1, kept
        passed = run("test_that_passes")
        assert passed.returncode == 0 and len(list(runs.iterdir())) == 20, passed
    return 4
