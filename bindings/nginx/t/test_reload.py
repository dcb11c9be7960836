"""Reloads under load: no wrong status, flat memory, no process too many."""

import os
import signal
import threading
import time

from client import Connection, bearer, get
from nginx import Nginx
from service import Service
from support import wait_for
from test_fetch import fetch

# A reload takes as long as a worker needs to start: two minutes for all of them.
RELOADS = int(os.environ.get("NGINX_RELOADS", "300"))

SERVER = """
    tesseral_signature_cache 256k;
    server {{
        listen 127.0.0.1:{port};
        add_header X-Error $tesseral_error always;
        location /file {{ tesseral_auth on; tesseral_snapshot {dir}/keys refresh=100ms; try_files /- =204; }}
        location /fetched {{ tesseral_auth on; tesseral_config_request /keys; try_files /- =204; }}
        {fetch}
    }}
"""


def memory(pid):
    """Resident memory, in KiB."""
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


class Load(threading.Thread):
    def __init__(self, nginx, requests):
        super().__init__(daemon=True)
        self.nginx, self.requests, self.done, self.count, self.wrong = nginx, requests, threading.Event(), 0, []
        self.start()

    def run(self):
        while not self.done.is_set():
            for path, token, status in self.requests:
                try:
                    response = get(self.nginx.port, path, bearer(token))
                    if response.status != status:
                        self.wrong.append((path, status, response))
                except OSError as error:
                    self.wrong.append((path, status, error))
                self.count += 1
            time.sleep(0.005)

    def end(self):
        self.done.set()
        self.join(30)
        assert not self.wrong, self.wrong[:3]
        return self.count


def test_reloads_under_load():
    with Service("--tls") as service:
        nginx = Nginx(SERVER, files={"keys": service.document()}, workers=2, heap=True, fetch=fetch(service),
                      level="notice")
        good = service.token(lifetime=3600)
        tampered = service.token(tampered=1)
        nginx.secrets = [good]
        requests = [("/file", good, 204), ("/file", tampered, 401), ("/fetched", good, 204), ("/fetched", "a.b.c", 401)]
        with nginx:
            load = [Load(nginx, requests) for _ in range(2)]
            sizes, heaps = [], []
            for n in range(RELOADS):
                before = set(nginx.pids())
                os.kill(nginx.master(), signal.SIGHUP)
                wait_for("new workers", lambda: len(set(nginx.pids()) - before) >= 1, 20)
                if n % (RELOADS // 10) == 0:
                    wait_for("old workers exit", lambda: len(nginx.children()) == nginx.workers, 30)
                    sizes.append(memory(nginx.master()))
                    heaps.append(nginx.heap())
            count = sum(thread.end() for thread in load)
            wait_for("worker_processes + 1 processes", lambda: len(nginx.children()) == nginx.workers, 30)
            print(f"      {RELOADS} reloads, {count} requests, master {sizes[0]} to {sizes[-1]} KiB, its heap {heaps[1]} to "
                  f"{heaps[-1]} octets")
            assert 0 < heaps[1] and abs(heaps[-1] - heaps[1]) < 16 * 1024, heaps
            assert sizes[-1] - sizes[1] < 4096, sizes
            assert count > 100
            assert memory(nginx.pids()[0]) < 64 * 1024
        return RELOADS + count
