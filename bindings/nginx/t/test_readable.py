"""Snapshots that workers cannot read, or whose replacement they cannot see."""

import json
import os
import subprocess
import time

from client import bearer, get
from nginx import Nginx
from service import Service
from support import wait_for

SERVER = """
    error_log {dir}/error.log notice;
    server {{
        listen 127.0.0.1:{port};
        add_header X-Error $tesseral_error always;
        tesseral_auth on;
        location / {{ tesseral_snapshot {dir}/{file} refresh={refresh}; try_files /- =204; }}
        location = /metrics {{ tesseral_auth off; tesseral_metrics; }}
        location = /ready {{ tesseral_auth off; tesseral_ready; }}
        tesseral_snapshot {dir}/{file} refresh={refresh};
    }}
"""
UNREAD = "workers cannot read snapshot"


def start(service, user, mode, group="root"):
    nginx = Nginx(SERVER, user=user, files={"keys": service.document()}, file="keys", refresh="100ms", workers=2)
    nginx.dir.chmod(0o755)
    protect(nginx, mode, group)
    return nginx


def protect(nginx, mode, group="root"):
    (nginx.dir / "keys").chmod(mode)
    subprocess.run(["chgrp", group, nginx.dir / "keys"], check=True)


def ready(nginx):
    response = get(nginx.port, "/ready")
    return response.status, response.body.decode()


def failing(nginx):
    return json.loads(get(nginx.port, "/metrics?format=json").body)["tesseral_source_failing"][0]["value"]


def test_workers_that_cannot_read():
    if os.getuid() != 0:
        print("SKIPPED: workers of another user: this needs root")
        return 1
    with Service() as service:
        nginx = start(service, "nobody nogroup", 0o600)
        accepted, said = nginx.check()
        assert accepted and UNREAD in said and "Permission denied" in said, said
        with nginx:
            assert UNREAD in nginx.log()
            for _ in range(10):
                assert ready(nginx) == (503, f'workers cannot read "{nginx.dir}/keys"\n')
            assert failing(nginx) == 1
            # The keys that the master has read are in use.
            assert get(nginx.port, "/", bearer(service.token())).get("X-Error") == "ok"
            seen = nginx.log().count(UNREAD)
            nginx.reload()
            assert nginx.log().count(UNREAD) == seen + 1 and ready(nginx)[0] == 503
            assert "unknown process" not in nginx.log()
            protect(nginx, 0o644)
            wait_for("ready", lambda: [ready(nginx)[0] for _ in range(10)] == [200] * 10)
            wait_for("no failure", lambda: failing(nginx) == 0)
        return 14


def test_workers_that_can_read():
    """Workers can read the file: all users can, its group can, or the workers are root."""
    if os.getuid() != 0:
        print("SKIPPED: workers of another user: this needs root")
        return 1
    with Service() as service:
        for user, mode, group in [("nobody nogroup", 0o644, "root"), ("nobody daemon", 0o640, "daemon"), ("root", 0o600, "root")]:
            nginx = start(service, user, mode, group)
            assert UNREAD not in nginx.check()[1]
            with nginx:
                assert ready(nginx)[0] == 200, (user, mode)
                assert UNREAD not in nginx.log() and failing(nginx) == 0
        return 3


# Mounts $1 on $2 where only the rest, a command, sees it.
MOUNT = ["unshare", "-m", "sh", "-c", 'mount --bind "$1" "$2" && shift 2 && exec "$@"', "sh"]


def can_mount():
    return subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode == 0


def test_a_file_that_is_mounted_by_itself():
    if not can_mount():
        print("SKIPPED: bind mounts: unshare -m is not permitted")
        return 1
    ran = 0
    with Service() as service:
        # Whether the old file has another name, and whether the timer or a token finds the replacement.
        for linked, refresh, what in [(False, "100ms", "was replaced where it is mounted from"),
                                      (False, "1h", "was replaced where it is mounted from"),
                                      (True, "100ms", "it is mounted as a single file")]:
            nginx = Nginx(SERVER, file="seen", refresh=refresh, files={"keys": service.document(), "seen": ""})
            nginx.wrap = MOUNT + [str(nginx.dir / "keys"), str(nginx.dir / "seen")]
            with nginx:
                wait_for("workers", nginx.pids)
                assert "mounted" not in nginx.log()
                if linked:
                    os.link(nginx.dir / "keys", nginx.dir / "old")
                service.control("rotate")
                nginx.write("keys", service.document())
                token = service.token()
                if linked or refresh == "1h":
                    time.sleep(1.1)
                    assert get(nginx.port, "/", bearer(token)).get("X-Error") == "key_unknown"
                wait_for(what, lambda: what in nginx.log())
                for _ in range(3):
                    time.sleep(1.1 if linked else 0.1)
                    assert get(nginx.port, "/", bearer(token)).get("X-Error") == "key_unknown"
                assert nginx.log().count(what) == 1
                ran += 1
        # A file in its folder: nothing to warn of.
        with Nginx(SERVER, file="keys", refresh="1h", files={"keys": service.document()}) as nginx:
            time.sleep(1.1)
            service.control("rotate", published=0)
            assert get(nginx.port, "/", bearer(service.token())).get("X-Error") == "key_unknown"
            assert "mounted" not in nginx.log()
            ran += 1
    return ran
