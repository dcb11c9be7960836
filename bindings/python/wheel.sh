#!/bin/sh
# wheel.sh PYTHON FOLDER [MANIFEST]: builds a wheel into the folder, with that Python, which has maturin. testing/Cargo.toml is the
# manifest of the wheel for tests. A wheel that pip builds contains paths of this machine, in the texts of panics. This one does
# not.
set -eu
cd "$(dirname "$0")"
root=$(cd ../.. && pwd -P)
# Not RUSTFLAGS, which cargo splits at spaces.
CARGO_ENCODED_RUSTFLAGS=$(printf '%s=%s\037%s=%s' \
    "--remap-path-prefix=$root" tesseral-verify "--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}" cargo)
export CARGO_ENCODED_RUSTFLAGS
exec "$1" -m maturin build --quiet --release -i "$1" --out "$2" --manifest-path "${3:-Cargo.toml}"
