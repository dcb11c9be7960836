#!/usr/bin/env python3
"""Runs the tests of the nginx module: every function test_* of the files test_*.py, or those whose names have a word
given as an argument. A test returns how many cases it ran; none is a failure.

Most tests wait most of the time. So with --jobs N, N files are under way at a time, each in a process of its own, which
prints what it has to say when it ends."""

import importlib
import re
import subprocess
import sys
import tempfile
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from support import tidy

FOLDER = Path(__file__).parent
# Those that take longest begin first.
LONGEST = ["test_fetch", "test_reload", "test_shared", "test_memory", "test_sources", "test_own"]
SUMMARY = re.compile(r"^nginx module: (\d+) tests, (\d+) cases, (\d+) failed$", re.M)


def names():
    """The names of the test files, without folder and suffix."""
    found = sorted(file.stem for file in FOLDER.glob("test_*.py"))
    return [name for name in LONGEST if name in found] + [name for name in found if name not in LONGEST]


def chosen(module, words):
    """The tests of a file, by their full names; without those that it imports."""
    tests = {f"{module.__name__}.{name}": test for name, test in vars(module).items()
             if name.startswith("test_") and getattr(test, "__module__", None) == module.__name__}
    return {full: test for full, test in tests.items() if not words or any(word in full for word in words)}


def here(modules, words):
    """Runs them in this process; gives how many tests ran, how many cases, and how many tests failed."""
    sys.path.insert(0, str(FOLDER))
    ran = failed = cases = 0
    for name in modules:
        for full, test in chosen(importlib.import_module(name), words).items():
            start = time.monotonic()
            ran += 1
            try:
                with tidy():
                    count = test()
                assert count, "no case ran"
                cases += count
                print(f"ok    {full}: {count} cases in {time.monotonic() - start:.1f} s", flush=True)
            except Exception:
                failed += 1
                print(f"FAIL  {full}", flush=True)
                traceback.print_exc()
    return ran, cases, failed


def apart(name, words):
    """Runs a file in a process of its own."""
    # Not a pipe: an nginx that a test left behind would keep it open.
    with tempfile.TemporaryFile("w+", errors="replace") as output:
        subprocess.run([sys.executable, __file__, "--only", name, *words], stdout=output, stderr=subprocess.STDOUT)
        output.seek(0)
        said = output.read()
    found = SUMMARY.search(said)
    said = SUMMARY.sub("", said).rstrip("\n")
    if said:
        print(said, flush=True)
    return tuple(int(number) for number in found.groups()) if found else (1, 0, 1)


def main(words):
    jobs, only = 1, names()
    if words[:1] == ["--jobs"]:
        jobs, words = int(words[1]), words[2:]
    if words[:1] == ["--only"]:
        only, words = [words[1]], words[2:]
    if jobs > 1:
        with ThreadPoolExecutor(jobs) as pool:
            totals = list(pool.map(lambda name: apart(name, words), only))
        ran, cases, failed = (sum(column) for column in zip(*totals))
    else:
        ran, cases, failed = here(only, words)
    print(f"nginx module: {ran} tests, {cases} cases, {failed} failed")
    return 1 if failed or (not ran and len(only) > 1) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
