"""A fake of the Tesseral service, run as a program, and its control commands."""

import json
import subprocess
import urllib.parse
import urllib.request

from support import FAKE_TESSERAL, directory, wait_for


class Service:
    def __init__(self, *options):
        self.dir = directory("service")
        ready = self.dir / "ready.json"
        self.process = subprocess.Popen([FAKE_TESSERAL, "serve", "--ready-file", ready, *options], stdin=subprocess.PIPE,
                                        stdout=subprocess.DEVNULL)
        wait_for("fake-tesseral is ready", lambda: ready.exists() and ready.read_text().endswith("\n"), 20)
        self.ready = json.loads(ready.read_text())

    def __getattr__(self, name):
        return self.ready[name]

    def control(self, command, **parameters):
        pairs = [(name.replace("_", "-"), value) for name, values in parameters.items()
                 for value in (values if isinstance(values, list) else [values])]
        url = f"{self.ready['control']}/{command}?{urllib.parse.urlencode(pairs)}"
        with urllib.request.urlopen(url, timeout=20) as answer:
            return answer.read().decode().rstrip("\n")

    def token(self, **parameters):
        return self.control("token", **parameters)

    def document(self):
        """The config document as the service answers now."""
        import ssl

        context = None
        if self.ready["scheme"] == "https":
            context = ssl.create_default_context(cafile=self.ready["caFile"])
        url = f"{self.ready['scheme']}://{self.ready['host']}/v1/config/{self.ready['publishableKey']}"
        with urllib.request.urlopen(url, timeout=20, context=context) as answer:
            return answer.read()

    def count(self, endpoint):
        return int(self.control(f"count/{endpoint}"))

    def requests(self, endpoint):
        return json.loads(self.control(f"requests/{endpoint}"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        try:
            self.process.wait(20)
        finally:
            if self.process.poll() is None:
                self.process.kill()
