"""A FastAPI application under uvicorn: without a middleware, with Tesseral's, with ours. Prints `figure` lines.

The server has one core, wrk another. The three take turns. What a middleware costs is the difference of the processor
times that the server spends on one request: other programs on the machine disturb that less than the requests per second.
"""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.support.fake import Fake  # noqa: E402
from tests.support.ports import free_port  # noqa: E402

NAMES, ROUNDS, SECONDS, TOKENS = ("none", "official", "ours"), 9, 2, 512

WRK = """
local tokens = {}
for line in io.lines("%s") do tokens[#tokens + 1] = "Bearer " .. line end
local place = 0
request = function()
    place = place %% #tokens + 1
    return wrk.format("GET", "/", {["Authorization"] = tokens[place]})
end
done = function(summary, latency)
    local e = summary.errors
    io.write(string.format("result %%d %%d %%d %%d %%d\\n", summary.requests, summary.duration,
        e.connect + e.read + e.write + e.timeout + e.status, latency:percentile(50), latency:percentile(99)))
end
"""


def start(name: str, port: int, fake: Fake, core: int) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        "APP": name,
        "FAKE_PUBLISHABLE_KEY": fake.publishable_key,
        "FAKE_HOST": fake.host,
        "SSL_CERT_FILE": fake.ca_file,
        "TESSERAL_BACKEND_API_KEY": fake.backend_api_key,
    }
    command = ["taskset", "-c", str(core), sys.executable, "-m", "uvicorn", "app:app", "--port", str(port)]
    command += ["--no-access-log", "--log-level", "warning"]
    return subprocess.Popen(command, env=environment, cwd=Path(__file__).parent)


def wait(port: int, token: str) -> None:
    request = urllib.request.Request(f"http://127.0.0.1:{port}/", headers={"Authorization": f"Bearer {token}"})
    for _ in range(200):
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                assert answer.read() == b'{"ok":true}'
                return
        except OSError as error:
            assert not hasattr(error, "code"), error
            time.sleep(0.1)
    raise AssertionError("the server does not answer")


def processor_seconds(process: subprocess.Popen[bytes]) -> float:
    """Processor time of all threads of a process."""
    spent = (path.read_text().split()[0] for path in Path(f"/proc/{process.pid}/task").glob("*/schedstat"))
    return sum(map(int, spent)) / 1e9


def measure(server: subprocess.Popen[bytes], port: int, script: str, core: int) -> tuple[float, float, float, float]:
    """Microseconds of the server's processor for one request, requests per second, median and 99th percentile of latency."""
    before = processor_seconds(server)
    command = ["taskset", "-c", str(core), "wrk", "-t1", "-c8", f"-d{SECONDS}s", "-s", script]
    command.append(f"http://127.0.0.1:{port}/")
    text = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
    found = re.search(r"^result (\d+) (\d+) (\d+) (\d+) (\d+)$", text, re.MULTILINE)
    assert found is not None, text
    requests, duration, errors, median, worst = map(int, found.groups())
    assert requests > 100 and errors == 0, text
    return (processor_seconds(server) - before) * 1e6 / requests, requests * 1e6 / duration, median, worst


def main() -> None:
    cores = sorted(os.sched_getaffinity(0))
    server_core, client_core = cores[-1], cores[0]
    with Fake() as fake, tempfile.TemporaryDirectory() as folder:
        tokens = [fake.token(user=number) for number in range(TOKENS)]
        (Path(folder) / "tokens").write_text("\n".join(tokens) + "\n")
        (Path(folder) / "wrk.lua").write_text(WRK % (Path(folder) / "tokens"))
        ports = {name: free_port() for name in NAMES}
        servers = [start(name, port, fake, server_core) for name, port in ports.items()]
        try:
            for port in ports.values():
                wait(port, tokens[0])
            samples: dict[str, list[tuple[float, ...]]] = {name: [] for name in NAMES}
            for round_number in range(ROUNDS + 1):
                for name, server in zip(NAMES, servers):
                    sample = measure(server, ports[name], str(Path(folder) / "wrk.lua"), client_core)
                    if round_number > 0:  # the first warms up
                        samples[name].append(sample)
        finally:
            for server in servers:
                server.terminate()
            for server in servers:
                server.wait(timeout=20)
    medians = {name: [statistics.median(column) for column in zip(*taken)] for name, taken in samples.items()}
    for name, (each, rate, latency, worst) in medians.items():
        times = f"latency {latency / 1e3:.2f} ms, 99 % within {worst / 1e3:.2f} ms"
        print(f"  {name:<9} {each:6.1f} us of the processor a request, {rate:6.0f} requests/s, {times}")
        print(f"figure py_{name}_requests_per_second {rate:.0f} /s")
        print(f"figure py_{name}_latency_p99_ms {worst / 1e3:.2f} ms")
    official, ours = (medians[name][0] - medians["none"][0] for name in ("official", "ours"))
    print(f"figure py_middleware_overhead_us {ours:.1f} us")
    print(f"figure py_middleware_overhead_official_us {official:.1f} us")
    print(f"figure py_middleware_overhead_vs_official {ours / official:.3f} ratio")


main()
