"""How a server is measured: in each round, wrk asks it for one case of a series after the other.

Added times are processor time of the server for one request, so that they also hold on a machine that runs other programs.
Throughputs are what wrk saw, and need a quiet machine."""

import os
import shutil
import statistics
import subprocess
from pathlib import Path

from client import bearer, get
from support import FAKE_TESSERAL

HERE = Path(__file__).resolve().parent
ROUNDS = int(os.environ.get("ROUNDS", "24"))
SECONDS = os.environ.get("SECONDS_EACH", "1")
TOKENS = 12_000


def pinned(core):
    return ["taskset", "-c", str(core)] if os.cpu_count() > 1 and shutil.which("taskset") else []


def wrk(script, port, path, connections, core, **variables):
    """One run of wrk; returns the numbers that the script prints."""
    env = dict(os.environ, **{name: str(value) for name, value in variables.items()})
    done = subprocess.run([*pinned(core), "wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s", "-s", str(HERE / script),
                           f"http://127.0.0.1:{port}{path}"], env=env, capture_output=True, text=True, timeout=60)
    line = next((line for line in done.stdout.splitlines() if line.startswith("RESULT")), None)
    if line is None:
        raise SystemExit(done.stdout + done.stderr)
    requests, *said, errors = map(float, line.split()[1:])
    assert errors == 0 and requests > 1000, done.stdout
    return [requests, *said]


def load(port, path, tokens, limit, connections=32, core=1):
    """One run of tokens.lua: the number of requests, and the seconds that they took."""
    requests, microseconds = wrk("tokens.lua", port, path, connections, core, TOKENS=tokens, LIMIT=limit)
    return requests, microseconds / 1e6


def cpu_seconds(pid):
    """The processor time that a process has used, in all of its threads. Other programs do not change it."""
    tasks = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9


class Series:
    """Measures several cases in turn. A case is the process that serves it, and then the arguments of `load`.

    Two cases are compared within each round, and the median over the rounds is reported, because rounds differ from each
    other more than the cases of one round do."""

    def __init__(self, **cases):
        self.cases = cases
        self.rates, self.cpus = ({name: [] for name in cases} for _ in range(2))
        self.beside = []

    def run(self, beside=None):
        """`beside` is called at the end of each round, and measures something else."""
        for turn in range(ROUNDS):
            # Every second round goes backwards, so that a machine that becomes slower or faster does so for all cases alike.
            cases = list(self.cases.items())
            for name, (pid, *case) in cases if turn % 2 == 0 else reversed(cases):
                before = cpu_seconds(pid)
                requests, seconds = load(*case)
                self.rates[name].append(requests / seconds)
                self.cpus[name].append((cpu_seconds(pid) - before) / requests * 1e6)
            if beside:
                self.beside.append(beside())
        return self

    def cpu(self, name):
        """Microseconds of processor time for one request."""
        return statistics.median(self.cpus[name])

    def rate(self, name):
        return statistics.median(self.rates[name])

    def busy(self):
        """The share of the time in which the server ran: that of the case in which it waited most."""
        return min(self.cpu(name) * self.rate(name) for name in self.cases) / 1e6

    def added(self, name, base):
        return compared(lambda one, other: one - other, self.cpus[name], self.cpus[base])

    def ratio(self, name, base):
        return compared(lambda one, other: one / other, self.rates[name], self.rates[base])

    def cpu_ratio(self, name, base):
        return compared(lambda one, other: other / one, self.cpus[name], self.cpus[base])


def compared(how, *measured):
    return statistics.median(map(how, *measured))


def figure(name, value):
    print(f"figure {name} {value}", flush=True)


def mint(out, count=TOKENS):
    """The project's keys, and tokens that are good for 300 s: enough for one series."""
    subprocess.run([FAKE_TESSERAL, "mint", "--seed", "1", "--tokens", str(count), "--out", str(out)],
                   check=True, stdout=subprocess.DEVNULL)
    return out / "config.json", out / "tokens"


def refuses_bad_tokens(port, path, folder):
    """Asserts that the server accepts a good token of the folder, and refuses one with each fault."""
    good, other = (folder / "tokens").read_text().split("\n")[:2]
    # Only the signature is wrong: a tampered payload may be refused for what it says, too.
    forged = good.rpartition(".")[0] + "." + other.rpartition(".")[2]
    tampered, expired = ((folder / name).read_text().strip() for name in ["tampered", "expired"])
    for token, status in [(good, 200), (forged, 401), (tampered, 401), (expired, 401)]:
        answer = get(port, path, bearer(token))
        assert answer.status == status, (path, token, answer)
    assert get(port, path).status == 401, path
