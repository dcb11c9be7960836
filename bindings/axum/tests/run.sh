#!/bin/sh
# run.sh: lints and tests the crate. Arguments go to the test program.
set -eu
cd "$(dirname "$0")/.."
cargo=${CARGO:-cargo}
unset TESSERAL_BACKEND_API_KEY
"$cargo" fmt --check --all
"$cargo" clippy --quiet --locked --all-targets -- -D warnings
log=$(mktemp)
"$cargo" test --quiet --locked -- "$@" >"$log" 2>&1 || { cat "$log"; rm "$log"; exit 1; }
grep -oE '(axum vectors|test result).*' "$log"
rm "$log"
