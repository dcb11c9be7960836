"""What the tests share: where things are, free ports, directories."""

import contextlib
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def said(script):
    return subprocess.run([ROOT / script], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


TARGET = Path(said("bindings/c/package/target.sh"))
OUT = TARGET / "nginx"
RUNS = OUT / "runs"
KEPT = 20
# NGINX_PROGRAM: an nginx with the module built in, which takes the place of the system's nginx and the loadable module.
NGINX = os.environ.get("NGINX_PROGRAM", "nginx")
MODULE = None if "NGINX_PROGRAM" in os.environ else OUT / "ngx_http_tesseral_module.so"
FAKE_TESSERAL = os.environ.get("FAKE_TESSERAL") or said("tests/fake-tesseral/build.sh")
VECTORS = ROOT / "tests" / "vectors"
# The folders that directory() has made.
made = []


def directory(name):
    """An empty folder, for use inside tidy()."""
    RUNS.mkdir(parents=True, exist_ok=True)
    made.append(Path(tempfile.mkdtemp(prefix=f"{name}-{os.getpid()}-", dir=RUNS)))
    return made[-1]


@contextlib.contextmanager
def tidy():
    """Removes the folders that are made inside. When something goes wrong there, they stay to be looked at: the newest KEPT
    of all that stayed."""
    made.clear()
    remove(by_age()[:-KEPT])
    try:
        yield
    except BaseException:
        remove(by_age()[:-KEPT])
        for folder in made:
            if folder.exists():
                print(f"kept: {folder}")
        raise
    remove(made)


def by_age():
    """Folders of this process, and of processes that have ended; other processes still use theirs."""
    return sorted(filter(is_ours_or_left, RUNS.glob("*")), key=lambda folder: folder.stat().st_mtime_ns)


def is_ours_or_left(folder):
    process = re.search(r"-(\d+)-", folder.name)
    return process is None or int(process[1]) == os.getpid() or not Path("/proc", process[1]).exists()


def remove(folders):
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(what, condition, seconds=10):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        result = condition()
        if result:
            return result
        time.sleep(0.02)
    raise AssertionError(f"{what}: not within {seconds} s")


def listens(port):
    try:
        socket.create_connection(("127.0.0.1", port), 0.5).close()
        return True
    except OSError:
        return False


def compiled(source, name, *flags):
    """A program or library of this folder, compiled anew when its source is newer."""
    source, made = Path(__file__).parent / source, OUT / name
    OUT.mkdir(parents=True, exist_ok=True)
    if not made.exists() or made.stat().st_mtime < source.stat().st_mtime:
        # Renamed into place: another process may load it now.
        new = made.with_name(f"{name}.{os.getpid()}")
        subprocess.run(["cc", "-O2", "-Wall", "-Wextra", "-Werror", *flags, "-o", new, source], check=True)
        new.rename(made)
    return made
