"""The double of the service: the program fake-tesseral, and the commands of its control interface."""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[4]


def built() -> str:
    """The program, for tests that were not started by the script that builds it."""
    build = [ROOT / "tests/fake-tesseral/build.sh"]
    return subprocess.run(build, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


class Fake:
    """A running service on loopback, with TLS."""

    def __init__(self) -> None:
        program = os.environ.get("FAKE_TESSERAL") or built()
        self._process = subprocess.Popen(
            [program, "serve", "--tls"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        ready = json.loads(self._process.stdout.readline())
        self.project_id: str = ready["projectId"]
        self.publishable_key: str = ready["publishableKey"]
        self.backend_api_key: str = ready["backendApiKey"]
        self.issuer: str = ready["issuer"]
        self.cookie_name: str = ready["cookieName"]
        self.host: str = ready["host"]
        self.api_key: str = ready["apiKey"]
        self.silent_host: str = ready["silentHost"]
        self.ca_file: str = ready["caFile"]
        self._control: str = ready["control"]

    def __enter__(self) -> Fake:
        return self

    def __exit__(self, *_: object) -> None:
        # The program ends with its standard input.
        self._process.communicate(timeout=20)

    def tls(self) -> ssl.SSLContext:
        """Trusts the service's own authority alone."""
        return ssl.create_default_context(cafile=self.ca_file)

    def command(self, path: str, **parameters: object) -> str:
        """Sends a command of the control interface; a list repeats its parameter."""
        named = {name.replace("_", "-"): value for name, value in parameters.items()}
        query = urllib.parse.urlencode(named, doseq=True)
        with urllib.request.urlopen(f"{self._control}/{path}?{query}", timeout=20) as answer:
            text: str = answer.read().decode()
        return text.strip()

    def token(self, **parameters: object) -> str:
        return self.command("token", **parameters)

    def count(self, endpoint: str) -> int:
        return int(self.command(f"count/{endpoint}"))

    def counts(self) -> dict[str, int]:
        counts: dict[str, int] = json.loads(self.command("counts"))
        return counts

    def requests(self, endpoint: str) -> list[dict[str, Any]]:
        requests: list[dict[str, Any]] = json.loads(self.command(f"requests/{endpoint}"))
        return requests

    def forget(self) -> None:
        """Counts from zero again."""
        self.command("forget")

    def reset(self) -> None:
        """Ends all faults, and counts from zero again."""
        for endpoint in ("config", "api-keys"):
            self.command(f"fault/{endpoint}/none")
        self.command("document")
        self.forget()
