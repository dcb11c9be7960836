"""Runs uWSGI with these options. Its module is compiled, and ``python -m`` does not take such a module."""

from __future__ import annotations

import sys

import pyuwsgi  # type: ignore[import-not-found]

pyuwsgi.run([*sys.argv[1:], "--virtualenv", sys.prefix])
