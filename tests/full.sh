#!/bin/sh
# What `make test` leaves out because it takes long. When all of it passes on a tree without changes, record/full.txt says
# so: commit it. With the name of a part, that one alone; with --last, what is left out, and when it last passed.
set -eu
cd "$(dirname "$0")/.."
cargo=${CARGO:-cargo}
record=tests/record/full.txt
target=$(bindings/c/package/target.sh)

# Each is a function below.
parts='cargo_c free_threaded docs_in_chromium go_module node_at_length next_application node_on_musl beside_tesseral_axum archive_for_wasm wasm_in_deno_and_workerd machines devices'

# cargo cinstall beside make install. Installing cargo-c takes 5 minutes of processor time.
cargo_c() {
    tools/needs.sh cc pkg-config libssl
    folder=$target/cargo-c
    PATH=$folder/bin:$PATH
    if ! command -v cargo-cinstall >/dev/null; then
        # The newest one for the Rust of Cargo.toml. It is compiled fast rather than well.
        CARGO_PROFILE_DEV_DEBUG=0 "$cargo" install --quiet --locked --debug --version =0.10.24 --root "$folder" \
            --target-dir "$folder/build" cargo-c
        rm -rf "$folder/build"
    fi
    TESSERAL_FULL=1 "$cargo" test --quiet --features cli,ffi --test c_install cargo_cinstall_agrees
    cargo-cinstall --version
}

# The Python package without the interpreter's lock.
free_threaded() {
    bindings/python/tests/free_threaded.sh
}

# /docs of a FastAPI application in Chromium.
docs_in_chromium() {
    bindings/python/tests/browser/run.sh
    chromium --version
}

# The Go module: its archives, linux/arm64, the examples, longer runs.
go_module() {
    bindings/go/full.sh
    go version
}

# The Node.js package: memory over a million verifications, a minute of load with rotations and outages.
node_at_length() {
    tools/needs.sh cc node npm
    bindings/node/tests/run.sh --full
}

# An application for Next.js 15 and 16, built with each bundler from the npm packages.
next_application() {
    tools/needs.sh cc node npm
    bindings/node/tests/nextjs/run.sh
}

# The addon for musl, with a Node.js for musl.
node_on_musl() {
    tools/needs.sh cc musl node npm patchelf python
    bindings/node/tests/musl/run.sh
}

# The same requests to applications with tesseral-axum and with ours. Building tesseral-axum takes minutes.
beside_tesseral_axum() {
    bindings/axum/peers/run.sh
}

# A program in C for WebAssembly. It needs a second build of the core for that target.
archive_for_wasm() {
    bindings/wasm/tests/archive/run.sh
}

# The package for WebAssembly in Deno, and in the runtime of Cloudflare's Workers. npm installs both, 250 MB.
wasm_in_deno_and_workerd() {
    bindings/wasm/tests/runtimes/run.sh
}

# The archive's vectors and the unit tests on other processors, in an emulator.
machines() {
    make --no-print-directory test-machines
}

# The archive's vectors on microcontrollers, in an emulator.
devices() {
    make --no-print-directory test-devices
}

if [ "${1:-}" = --last ]; then
    echo "LEFT OUT, since it takes long; make test-full runs it: $parts"
    if [ -f "$record" ]; then
        echo "It last passed: $(sed -n 's/^date: //p' "$record"), commit $(sed -n 's/^commit: //p' "$record"), tree $(sed -n 's/^tree: //p' "$record")"
        commit=$(sed -n 's/^commit: //p' "$record")
        if since=$(git rev-list --count "$commit..HEAD" 2>/dev/null); then echo "Commits since then: $since"; fi
    else
        echo "It never passed: there is no $record."
    fi
    exit
fi

# One part alone leaves no record.
if [ $# -ne 0 ]; then
    "$1"
    exit
fi

changes=$(git status --porcelain)
logs=$target/full
rm -rf "$logs"
mkdir -p "$logs"
for part in $parts; do
    start=$(date +%s)
    # A process of its own, so that the first failure ends the part.
    tests/full.sh "$part" >"$logs/$part" 2>&1 || { cat "$logs/$part"; echo "FAILED: $part"; exit 1; }
    echo "$part: passed in $(($(date +%s) - start)) s: $(sed '/^$/d' "$logs/$part" | tail -1)" | tee -a "$logs/summary"
done
if [ -n "$changes$(git status --porcelain)" ]; then
    echo "passed, and not recorded: the tree has changes that are not committed"
else
    mkdir -p "${record%/*}"
    cat >"$record" <<END
date: $(date -u +%Y-%m-%dT%H:%M:%SZ)
commit: $(git rev-parse HEAD)
tree: $(git rev-parse 'HEAD^{tree}')
rustc: $(rustc --version)
$(cat "$logs/summary")
END
    cat "$record"
fi
