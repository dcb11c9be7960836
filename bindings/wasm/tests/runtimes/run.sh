#!/bin/sh
# run.sh: builds the package and runs its tests in Deno and in workerd, the runtime of Cloudflare's Workers. npm has both programs.
set -eu
cd "$(dirname "$0")/../../../.."
tools/needs.sh node npm
bindings/wasm/build.sh
bindings/wasm/modules.sh bindings/wasm/tests/runtimes
FAKE_TESSERAL=$(tests/fake-tesseral/build.sh)
export FAKE_TESSERAL
log=$(mktemp)
trap 'rm "$log"' EXIT
node --test --test-reporter=spec bindings/wasm/tests/runtimes/*.test.mjs >"$log" 2>&1 || { cat "$log"; exit 1; }
grep '^vectors ' "$log" || { cat "$log"; exit 1; }
grep -E '^ℹ (pass|fail|skipped) ' "$log" | sed 's/^ℹ /wasm tests: /'
awk '/^(deno|workerd) / { tried = tried $0 ", " }
    /^vectors in / { ran += $(NF - 3) }
    END { print tried ran " vectors ran" }' "$log"
