"""The programs of the bench, which nothing else builds."""

import sys
from pathlib import Path

from client import get
from support import directory

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "bench"))

import bench  # noqa: E402


def test_programs_of_the_bench():
    keys, tokens = bench.mint(directory("bench"), 64)
    verified, cached = bench.verify_us(bench.build_verify(), keys, tokens)
    assert 0 < cached < verified, (cached, verified)
    with bench.Upstream() as upstream:
        assert get(upstream.port, "/").status == 200
    return 2
