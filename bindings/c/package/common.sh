# Names that building and installing share. Sourced by the scripts beside it.
set -eu
cd "$(dirname "$0")/../../.."

target=$(bindings/c/package/target.sh)
# What cargo is told from here on, whatever its configuration says.
export CARGO_TARGET_DIR="$target"
# A prefix of its own: include, lib, lib/pkgconfig, lib/cmake.
built=$target/c
templates=bindings/c/package
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)

# The soname as cargo-c makes it: what a program built against this version may load.
case $version in
    0.*) soversion=${version%.*} ;;
    *) soversion=${version%%.*} ;;
esac
shared=libtesseral_verify.so.$version
soname=libtesseral_verify.so.$soversion

fail() {
    printf 'tesseral-verify: %s\n' "$*" >&2
    exit 1
}
