#!/bin/sh
# cargo_for.sh CRATES TARGET COMMAND [OPTION...]: runs cargo for another processor. The standard library comes from rustup when it is
# installed there; else CRATES of it (core, or std) are compiled, from rustup's rust-src or Debian's rust-web-src.
set -eu
crates=$1 machine=$2 command=$3
shift 3
cargo=${CARGO:-cargo}

if [ -d "$(rustc --print target-libdir --target "$machine" 2>/dev/null)" ]; then
    exec "$cargo" "$command" --target "$machine" "$@"
elif [ -d "$(rustc --print sysroot)/lib/rustlib/src/rust/library" ]; then
    exec env RUSTC_BOOTSTRAP=1 "$cargo" "$command" --target "$machine" "-Zbuild-std=$crates" "$@"
fi
"$(dirname "$0")/needs.sh" rust-src
# The compiler that the source belongs to, which is not the first on the PATH where rustup is.
exec env -u LD_LIBRARY_PATH "PATH=/usr/bin:$PATH" RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 \
    /usr/bin/cargo "$command" --target "$machine" "-Zbuild-std=$crates" "$@"
