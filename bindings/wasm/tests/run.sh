#!/bin/sh
# run.sh: builds the package and runs its tests under Node. What they import is the package, as an application has it.
set -eu
cd "$(dirname "$0")/../../.."
bindings/wasm/build.sh
# Lints run for this machine: the compiler that builds for WebAssembly may come without them.
(
    cd bindings/wasm
    CARGO_TARGET_DIR=$(../c/package/target.sh) "${CARGO:-cargo}" clippy --quiet --locked -- -D warnings
    "${CARGO:-cargo}" fmt --check
)
bindings/wasm/modules.sh bindings/wasm/tests
(cd bindings/wasm/tests && node_modules/.bin/tsc -p .)
FAKE_TESSERAL=$(tests/fake-tesseral/build.sh)
export FAKE_TESSERAL
log=$(mktemp)
node --test --experimental-vm-modules --expose-gc --test-reporter=spec bindings/wasm/tests/*.test.mjs >"$log" 2>&1 || { cat "$log"; rm "$log"; exit 1; }
grep -E '^(vectors|memory|size) ' "$log" || { cat "$log"; rm "$log"; exit 1; }
grep -E '^ℹ (pass|fail|skipped) ' "$log" | sed 's/^ℹ /wasm tests: /'
rm "$log"
