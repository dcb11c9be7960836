"""uWSGI with these options: ``python -m`` does not take its module, which is compiled."""

from __future__ import annotations

import sys

import pyuwsgi  # type: ignore[import-not-found]

pyuwsgi.run([*sys.argv[1:], "--virtualenv", sys.prefix])
