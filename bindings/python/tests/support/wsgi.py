"""The application ``wsgi`` under the servers that werkzeug and the standard library have: name, port."""

from __future__ import annotations

import sys
from wsgiref.simple_server import make_server

from werkzeug.serving import run_simple

from .apps import wsgi

if sys.argv[1] == "werkzeug":
    run_simple("127.0.0.1", int(sys.argv[2]), wsgi)
else:
    make_server("127.0.0.1", int(sys.argv[2]), wsgi).serve_forever()
