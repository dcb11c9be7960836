"""Interpreters beside the first one, as mod_wsgi and uWSGI make them for a second application."""

from __future__ import annotations

import subprocess
import sys

FIRST = """if True:
    from tesseral_verify import ConfigError, TesseralError, Verifier

    def catch():
        try:
            Verifier(b"x")
        except TesseralError as error:
            return type(error) is ConfigError

    first = catch()
"""

SECOND = """if True:
    import sys
    sys.path[:] = {path!r}
    for _ in range(2):
        try:
            import tesseral_verify
        except ImportError as error:
            print(error)
        else:
            print("imported")
"""

RUN = """if True:
    try:
        import _interpreters as interpreters
        made = interpreters.create("legacy")
    except ImportError:
        import _xxsubinterpreters as interpreters
        made = interpreters.create(isolated=False)
    interpreters.run_string(made, second)
    assert catch() is True and first is True
"""


def test_a_second_interpreter_is_told_what_to_do() -> None:
    code = f"{FIRST}\nsecond = {SECOND.format(path=sys.path)!r}\n{RUN}"
    run = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, check=True)
    lines = run.stdout.splitlines()
    assert len(lines) == 2, lines
    for line in lines:
        assert line.startswith("tesseral_verify works in one interpreter of a process"), line
        assert "WSGIApplicationGroup %{GLOBAL}" in line and "single-interpreter = true" in line


def test_an_interpreter_that_is_alone_may_be_any() -> None:
    """Without that setting, mod_wsgi loads the application into a second interpreter, and nothing into the first."""
    code = FIRST.replace("first = catch()", "print(catch())")
    second = f"import sys\nsys.path[:] = {sys.path!r}\n{code}"
    run = f"catch, first, second = lambda: True, True, {second!r}\n{RUN}"
    ended = subprocess.run([sys.executable, "-c", run], stdout=subprocess.PIPE, text=True, check=True)
    assert ended.stdout == "True\n"
