#!/usr/bin/env bash
# What `make bench-python` runs: verifying alone, then a FastAPI application under uvicorn. Two minutes after the build.
# The environment is that of tests/run.sh with Python 3.13, which Tesseral's own package needs.
set -euo pipefail
cd "$(dirname "$0")/.."

BENCH=1 tests/run.sh
venv=$(cat target/newest)
"$venv/bin/python" -c 'import tesseral_fastapi' 2>/dev/null || {
    for figure in py_verify_vs_official py_middleware_overhead_vs_official; do echo "figure $figure skipped -"; done
    echo "Tesseral's own package needs Python 3.13" >&2
    exit 1
}
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r benches/requirements.txt

export FAKE_TESSERAL
FAKE_TESSERAL=$(cat target/fake-tesseral-path)
tokens=$(mktemp -d)
trap 'rm -r "$tokens"' EXIT
"$FAKE_TESSERAL" mint --out "$tokens" --tokens 512 >/dev/null
core=$(taskset -cp $$ | sed 's/.*[ ,-]//')

sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1
grep -qm1 avx512ifma /proc/cpuinfo && echo "with AVX-512 IFMA" || echo "without AVX-512 IFMA: the portable backend"
"$venv/bin/python" --version
taskset -c "$core" "$venv/bin/python" benches/verify.py "$tokens/config.json" "$tokens/tokens"
"$venv/bin/python" benches/middleware.py
