#!/bin/sh
# What `make test` leaves out because it takes long. When all of it passes on a tree without changes, record/full.txt says
# so: commit it. With the name of a function below, that part alone; with --last, what is left out, and when it last passed.
set -eu
cd "$(dirname "$0")/.."
cargo=${CARGO:-cargo}
record=tests/record/full.txt
without_lock=$(bindings/c/package/target.sh)/full-without-lock.log
machines=$(bindings/c/package/target.sh)/full-machines.log

# cargo cinstall beside make install. Installing cargo-c takes 5 minutes of processor time.
cargo_c() {
    tools/needs.sh cc pkg-config libssl
    folder=$(bindings/c/package/target.sh)/cargo-c
    PATH=$folder/bin:$PATH
    if ! command -v cargo-cinstall >/dev/null; then
        # The newest one for the Rust of Cargo.toml. It is compiled fast rather than well.
        CARGO_PROFILE_DEV_DEBUG=0 "$cargo" install --quiet --locked --debug --version =0.10.24 --root "$folder" \
            --target-dir "$folder/build" cargo-c || return 1
        rm -rf "$folder/build"
    fi
    TESSERAL_FULL=1 "$cargo" test --quiet --features cli,ffi --test c_install cargo_cinstall_agrees
}

# The Python package without the interpreter's lock.
free_threaded() {
    if ! bindings/python/tests/free_threaded.sh >"$without_lock"; then
        cat "$without_lock"
        return 1
    fi
    cat "$without_lock"
}

# The Go module: its archives, linux/arm64, the examples, longer runs.
go_module() {
    bindings/go/full.sh
}

# /docs of a FastAPI application in Chromium.
docs_in_chromium() {
    bindings/python/tests/browser/run.sh
}

# The Node.js package: memory over a million verifications, a minute of load with rotations and outages.
node_at_length() {
    tools/needs.sh cc node npm
    bindings/node/tests/run.sh --full
}

# The archive's vectors and the unit tests on other processors, in an emulator.
machines() {
    if ! make --no-print-directory test-machines >"$machines" 2>&1; then
        cat "$machines"
        return 1
    fi
    grep '^machines: ' "$machines"
}

if [ "${1:-}" = --last ]; then
    cat <<'END'
LEFT OUT, since it takes long; make test-full runs it: Python without its lock; FastAPI's /docs in Chromium; cargo cinstall, unless it is installed; the Go
module's archives, examples and linux/arm64; Node.js under load and its memory; other processors.
END
# The same requests to applications with tesseral-axum and with ours. Building tesseral-axum takes minutes.
beside_tesseral_axum() {
    bindings/axum/peers/run.sh
}

# A program in C for WebAssembly. It needs a second build of the core for that target.
archive_for_wasm() {
    bindings/wasm/tests/archive/run.sh
}

if [ "${1:-}" = --last ]; then
    echo "LEFT OUT, since it takes long: Python without its lock; FastAPI's /docs in Chromium; Axum beside tesseral-axum; a program in C for WebAssembly; cargo cinstall, unless it is installed. make test-full runs them."
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
start=$(date +%s)
cargo_c
free_threaded
docs_in_chromium
go_module
node_at_length
machines
beside=$(beside_tesseral_axum)
echo "$beside"
archive_for_wasm
took=$(($(date +%s) - start))
if [ -n "$changes$(git status --porcelain)" ]; then
    echo "passed, and not recorded: the tree has changes that are not committed"
else
    mkdir -p "${record%/*}"
    cat >"$record" <<END
date: $(date -u +%Y-%m-%dT%H:%M:%SZ)
commit: $(git rev-parse HEAD)
tree: $(git rev-parse 'HEAD^{tree}')
rustc: $(rustc --version)
passed: cargo cinstall with cargo-c $(cargo-cinstall --version | sed 's/.* //'); /docs in $(chromium --version | sed 's/ [a-z].*//'); Node.js $(node --version) under load; in $took s
$(tail -1 "$without_lock")
$(go version | sed 's/^go version //'): archives, examples, linux/arm64
$(grep '^machines: .* passed' "$machines")
$beside
END
    cat "$record"
fi
