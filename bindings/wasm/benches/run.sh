#!/bin/sh
# What `make bench-wasm` runs: one token beside jose, in one run under Node.
set -eu
cd "$(dirname "$0")/../../.."
bindings/wasm/build.sh
bindings/wasm/modules.sh bindings/wasm/benches
fake=$(tests/fake-tesseral/build.sh)
tokens=$(mktemp -d)
trap 'rm -r "$tokens"' EXIT
"$fake" mint --out "$tokens" --tokens 512 >/dev/null
sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1
echo "Node $(node --version)"
node bindings/wasm/benches/bench.mjs "$tokens"
