#!/bin/sh
# wheel.sh PYTHON FOLDER [MANIFEST]: builds the wheel with that Python, which has maturin, into the folder; testing/Cargo.toml is
# the manifest of the one for tests. Unlike one that pip builds, it holds no path of this machine: panics and their places name
# the sources by paths of no machine.
set -eu
cd "$(dirname "$0")"
root=$(cd ../.. && pwd -P)
# Not RUSTFLAGS, which cargo splits at spaces.
CARGO_ENCODED_RUSTFLAGS=$(printf '%s=%s\037%s=%s' \
    "--remap-path-prefix=$root" tesseral-verify "--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}" cargo)
export CARGO_ENCODED_RUSTFLAGS
exec "$1" -m maturin build --quiet --release -i "$1" --out "$2" --manifest-path "${3:-Cargo.toml}"
