#!/usr/bin/env python3
"""Runs the tests of the nginx module: every function test_* of the files test_*.py, or those whose names have a word
given as an argument. A test returns how many cases it ran; none is a failure."""

import importlib
import sys
import time
import traceback
from pathlib import Path

from support import tidy


def modules():
    folder = Path(__file__).parent
    sys.path.insert(0, str(folder))
    return [importlib.import_module(file.stem) for file in sorted(folder.glob("test_*.py"))]


def main(words):
    ran = failed = cases = 0
    for module in modules():
        for name, test in list(vars(module).items()):
            full = f"{module.__name__}.{name}"
            if not name.startswith("test_") or (words and not any(word in full for word in words)):
                continue
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
    print(f"nginx module: {ran} tests, {cases} cases, {failed} failed")
    return 1 if failed or not ran else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
