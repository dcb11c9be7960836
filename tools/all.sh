#!/bin/sh
# Runs every test of every feature set once: the core alone, with an allocator, and with everything; then the bindings.
set -eu
cd "$(dirname "$0")/.."
cargo=${CARGO:-cargo}

"$cargo" test --lib --tests --no-fail-fast
"$cargo" test --doc --features alloc
# The archive on AArch64 in an emulator, with one profile: make test-machines has the others, and other processors.
TESSERAL_MACHINES=aarch64-unknown-linux-gnu TESSERAL_MACHINES_PROFILES=2 \
    "$cargo" test --workspace --features cli,ffi --no-fail-fast
# What debug builds cannot show: the stack use of optimized code, and the order of its stores.
"$cargo" test --release --features alloc --test stack --test es256 --test rulebook_processes
bindings/nginx/t/all.sh
bindings/python/tests/run.sh
if (cd bindings/go && go list -m) >/dev/null 2>&1; then
    bindings/go/test.sh
else
    echo "NOT TESTED: the Go module, since the PATH has no Go 1.24 or newer"
fi
if command -v node >/dev/null && command -v npm >/dev/null; then
    bindings/node/tests/run.sh
else
    echo "NOT TESTED: bindings/node, because there is no Node.js here: sudo apt-get install nodejs npm"
fi
tests/full.sh --last
