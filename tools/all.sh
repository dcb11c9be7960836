#!/bin/sh
# Runs every test of every feature set once: the core alone, with an allocator, and with everything; then the bindings.
set -eu
cd "$(dirname "$0")/.."
cargo=${CARGO:-cargo}

# where TOOLS NAME COMMAND...: runs what needs tools that not every machine has, or says that it did not.
where() {
    missing=$(tools/needs.sh --missing $1) name=$2
    shift 2
    if [ -z "$missing" ]; then "$@"; else echo "NOT TESTED: $name: this machine lacks$missing"; fi
}

"$cargo" test --lib --tests --no-fail-fast
"$cargo" test --doc --features alloc
"$cargo" test --workspace --features cli,ffi --no-fail-fast
# What debug builds cannot show: the stack use of optimized code, and the order of its stores.
"$cargo" test --release --features alloc --test stack --test es256 --test rulebook_processes
# With one profile: make test-machines has the others, and other processors.
where 'aarch64-linux-gnu-gcc qemu-aarch64 rust-src' 'AArch64 in an emulator' \
    env TESSERAL_MACHINES=aarch64-unknown-linux-gnu TESSERAL_MACHINES_PROFILES=2 "$cargo" test --features cli,ffi --test machines
bindings/nginx/t/all.sh
bindings/python/tests/run.sh
where go 'the Go module' bindings/go/test.sh
where 'node npm' 'the package for Node.js' bindings/node/tests/run.sh
where 'node npm rust-src wasm-ld wasm-opt' 'the package for WebAssembly' bindings/wasm/tests/run.sh
bindings/axum/tests/run.sh
tests/full.sh --last
