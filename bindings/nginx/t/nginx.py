"""A real nginx with the module, its configuration written by the test."""

import os
import re
import signal
import struct
import subprocess

import support
from support import NGINX, compiled, directory, free_port, listens, wait_for

MAIN = """
{load}
daemon off;
{user}
worker_processes {workers};
pid {dir}/pid;
error_log {dir}/error.log {level};
{main}
events {{ worker_connections 1024; }}
http {{
    client_body_temp_path {dir}/body;
    proxy_temp_path {dir}/proxy;
    fastcgi_temp_path {dir}/fastcgi;
    uwsgi_temp_path {dir}/uwsgi;
    scgi_temp_path {dir}/scgi;
    log_format test '$status|$tesseral_error|$tesseral_organization_id|$uri';
    access_log {dir}/access.log test;
    large_client_header_buffers 4 32k;
    default_type text/plain;
    root {dir}/html;
    {http}
}}
"""

# No log of a test may have one of these.
FORBIDDEN = re.compile(r"\[(alert|emerg)\]|Sanitizer|runtime error")


class Nginx:
    """`http` is the content of the http block, in which {port}, {dir} and the names of the keywords are replaced."""

    def __init__(self, http, workers=1, main="", level="info", clock=False, heap=False, files=None, wrap=(),
                 env=None, user="root", **names):
        self.dir = directory("nginx")
        self.port = free_port()
        self.workers = workers
        self.level = level
        self.main = main
        self.user = user
        self.wrap = list(wrap)
        self.env = dict(os.environ, **(env or {}))
        self.secrets = []
        self.allowed = []
        self.process = None
        (self.dir / "html").mkdir()
        (self.dir / "html" / "ok").write_text("ok\n")
        if clock:
            self.clock = self.preload("clock")
        if heap:
            # Without glibc's per-thread cache: it counts freed blocks as used.
            self.env.update(GLIBC_TUNABLES="glibc.malloc.tcache_count=0")
            self.heap_file = self.preload("heap")
        for name, text in (files or {}).items():
            self.write(name, text)
        self.configure(http, **names)

    def configure(self, http, **names):
        text = http.format(port=self.port, dir=self.dir, **names)
        user = f"user {self.user};" if os.getuid() == 0 else ""
        self.write("nginx.conf", MAIN.format(load=load(), dir=self.dir, workers=self.workers, level=self.level,
                                             main=self.main, http=text, user=user))

    def write(self, name, text):
        """Replaces the file atomically, as the README tells operators to do."""
        path = self.dir / name
        new = self.dir / (name + ".new")
        new.write_bytes(text if isinstance(text, bytes) else text.encode())
        new.rename(path)
        return path

    def command(self, *more):
        return [NGINX, "-p", str(self.dir), "-c", str(self.dir / "nginx.conf"), "-e", str(self.dir / "error.log"),
                *more]

    def check(self):
        """nginx -t: whether it accepts the configuration, and what it says."""
        done = subprocess.run(self.command("-t"), env=self.env, capture_output=True, text=True, timeout=60)
        return done.returncode == 0, done.stderr

    def start(self):
        self.process = subprocess.Popen(self.wrap + self.command(), env=self.env, stderr=subprocess.PIPE, text=True)
        try:
            self.wait()
        except BaseException:
            self.process.terminate()
            self.process.wait(20)
            raise
        return self

    def wait(self):
        pid = self.dir / "pid"

        def up():
            if self.process.poll() is not None:
                raise AssertionError(f"nginx did not start: {self.process.stderr.read()}{self.log()}")
            # nginx listens before it has written its process ID.
            return listens(self.port) and pid.exists() and pid.read_text().endswith("\n")

        wait_for("nginx listens", up, 60)
        if not self.wrap and "master_process off" not in self.main:
            wait_for("workers", lambda: len(self.pids()) == self.workers, 20)

    def preload(self, name):
        """Preloads a library of this folder. Returns the file by which the test passes it a number, at first 0."""
        file = self.dir / name
        file.write_bytes(struct.pack("q", 0))
        library = compiled(f"{name}.c", f"{name}.so", "-shared", "-fPIC", "-ldl")
        self.env.update({"LD_PRELOAD": str(library), f"{name.upper()}_FILE": str(file)})
        return file

    def set_clock(self, seconds):
        with open(self.clock, "r+b") as file:
            file.write(struct.pack("q", seconds))

    def heap(self):
        """Bytes of memory that the master uses."""
        return struct.unpack("q", self.heap_file.read_bytes())[0]

    def children(self):
        """All child processes of the master, also those that are about to exit."""
        master = self.master()
        return [int(pid) for pid in os.listdir("/proc") if pid.isdigit() and parent(pid) == master]

    def pids(self):
        """The workers that take new connections."""
        return [pid for pid in self.children() if title(pid).startswith("nginx: worker process")
                and "shutting down" not in title(pid)]

    def master(self):
        return int((self.dir / "pid").read_text())

    def reload(self):
        before = set(self.children())
        os.kill(self.master(), signal.SIGHUP)

        def settled():
            after = self.children()
            return len(after) == self.workers and not before & set(after)

        wait_for("workers are new", settled, 30)

    def log(self):
        path = self.dir / "error.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def access_log(self):
        return [line.split("|") for line in (self.dir / "access.log").read_text().splitlines()]

    def stop(self, how=signal.SIGQUIT):
        if self.process is None:
            return
        if self.process.poll() is None:
            os.kill(self.master(), how)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                raise AssertionError("nginx does not exit")
        said = self.process.stderr.read()
        self.process.stderr.close()
        self.process = None
        return said

    def __enter__(self):
        return self.start()

    def __exit__(self, failed, *_):
        said = self.stop() or ""
        lines = (self.log() + said).splitlines()
        if failed:
            print("\n".join(lines[-15:]))
            return
        bad = [line for line in lines if FORBIDDEN.search(line)
               and not any(allowed in line for allowed in self.allowed)]
        assert not bad, bad[:5]
        ours = [line for line in lines if "tesseral:" in line]
        for secret in self.secrets:
            assert not any(secret in our_words(line) for line in ours), "a secret in our lines"


def load():
    """The load_module line; empty for an nginx that has the module built in."""
    return f"load_module {support.MODULE};" if support.MODULE else ""


def our_words(line):
    """The lines of the log without what nginx adds to each line about a request."""
    return line.split(", client: ")[0]


def parent(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return int(stat.read().rsplit(")", 1)[1].split()[1])
    except OSError:
        return None


def title(pid):
    try:
        with open(f"/proc/{pid}/cmdline") as line:
            return line.read().rstrip("\0")
    except OSError:
        return ""
