#!/bin/sh
# What `make bench-node` runs: verifying alone, then Express and Fastify. Three minutes after the build.
set -eu
cd "$(dirname "$0")/.."
tests/run.sh --build
tokens=$(mktemp -d)
trap 'rm -r "$tokens"' EXIT
"$(../../tests/fake-tesseral/build.sh)" mint --out "$tokens" --tokens 512 >/dev/null

date -u +%Y-%m-%d
sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1
if grep -qm1 avx512ifma /proc/cpuinfo; then echo "with AVX-512 IFMA"; else echo "without AVX-512 IFMA: the portable backend"; fi
echo "Node.js $(node --version)"
for peer in jose fast-jwt jsonwebtoken express fastify; do node -p "'$peer ' + require('./node_modules/$peer/package.json').version"; done
node benches/verify.mjs "$tokens/config.json" "$tokens/tokens"
node benches/servers.mjs "$tokens/config.json" "$tokens/tokens"
