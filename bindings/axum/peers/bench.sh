#!/bin/sh
# What `make bench-axum` runs. Building takes minutes.
set -eu
cd "$(dirname "$0")/../../.."
SSL_CERT_FILE=$(mktemp)
export SSL_CERT_FILE
unset TESSERAL_BACKEND_API_KEY
trap 'rm -f "$SSL_CERT_FILE"' EXIT
sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1
grep -qm1 avx512ifma /proc/cpuinfo && echo "with AVX-512 IFMA" || echo "without AVX-512 IFMA: the portable backend"
# tesseral-axum prints the claims of each token to standard error, which costs it time: here it prints them to a file.
log=$(mktemp)
(cd bindings/axum && "${CARGO:-cargo}" run --quiet --release --locked -p peers --bin bench 2>"$log") || { tail -n 20 "$log" >&2; rm "$log"; exit 1; }
rm "$log"
