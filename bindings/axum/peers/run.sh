#!/bin/sh
# run.sh: sends the same requests to an application with tesseral-axum and with ours. Building takes minutes.
set -eu
cd "$(dirname "$0")/../../.."
tools/needs.sh cc cmake pkg-config libssl
# Where the double's authority will be, for both crates.
SSL_CERT_FILE=$(mktemp)
export SSL_CERT_FILE
unset TESSERAL_BACKEND_API_KEY
log=$(mktemp)
trap 'rm -f "$SSL_CERT_FILE" "$log"' EXIT
(cd bindings/axum && "${CARGO:-cargo}" clippy --quiet --locked -p peers --all-targets -- -D warnings)
# tesseral-axum prints the claims of each token to standard error.
(cd bindings/axum && "${CARGO:-cargo}" run --quiet --release --locked -p peers --bin compare 2>"$log") || { tail -n 20 "$log" >&2; exit 1; }
