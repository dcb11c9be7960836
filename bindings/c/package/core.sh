#!/bin/sh
# core.sh TARGET: builds libtesseral_verify_core.a for another processor, with the header, into c-TARGET under the target
# directory. OPT_LEVEL=s or z makes it smaller and slower, PROFILE=tiny, compact or server leaves the other profiles out. The
# standard library of the target comes from rustup when it is installed there; else its source is compiled, with rustup's
# rust-src or Debian's rust-web-src.
. "$(dirname "$0")/common.sh"
[ $# -eq 1 ] || fail "usage: core.sh TARGET, for instance thumbv7em-none-eabihf"
machine=$1
built=$target/c-$machine
cargo=${CARGO:-cargo}
flags='' profile=freestanding

# What a load or a store may be: the core of a microcontroller may trap on unaligned words, and some memory always does.
case $machine in
    thumb*) flags=-Ctarget-feature=+strict-align ;;
esac

# SHA-256 without an unrolled loop.
case ${OPT_LEVEL:-3} in
    s | z) flags="$flags --cfg sha2_backend_soft=\"compact\"" ;;
esac

case $machine in
    thumb*)
        binutils=arm-none-eabi-
        tools/needs.sh arm-gcc
        ;;
    riscv32*-none-elf)
        binutils=riscv64-unknown-elf-
        export LDEMULATION=elf32lriscv # the linker is made for both
        tools/needs.sh riscv-gcc
        ;;
    riscv64*-none-elf)
        binutils=riscv64-unknown-elf-
        tools/needs.sh riscv-gcc
        ;;
    *) binutils=$(echo "$machine" | sed 's/-unknown-/-/; s/-none$/-/')- ;;
esac

set -- rustc --profile "$profile" --lib --crate-type staticlib --features ffi,panic-handler --target "$machine"
if [ -d "$(rustc --print target-libdir --target "$machine" 2>/dev/null)" ]; then
    build() { "$cargo" "$@"; }
elif [ -d "$(rustc --print sysroot)/lib/rustlib/src/rust/library" ]; then
    build() { env RUSTC_BOOTSTRAP=1 "$cargo" "$@" -Zbuild-std=core; }
else
    tools/needs.sh rust-src
    # The compiler that the source belongs to, which is not the first on the PATH where rustup is.
    build() { env -u LD_LIBRARY_PATH "PATH=/usr/bin:$PATH" RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 /usr/bin/cargo "$@" -Zbuild-std=core; }
fi

mkdir -p "$built/include" "$built/lib"
echo "building libtesseral_verify_core $version for $machine${PROFILE:+, with the profile $PROFILE alone}"
# A folder of its own: the flags would make cargo build everything else anew.
(
    export CARGO_TARGET_DIR="$target/core" CARGO_PROFILE_FREESTANDING_OPT_LEVEL="${OPT_LEVEL:-3}" RUSTFLAGS="$flags" \
        TESSERAL_PROFILE="${PROFILE:-}"
    build "$@"
) >"$built/cargo.log" 2>&1 || { cat "$built/cargo.log" >&2; fail "cargo could not build the library for $machine"; }
rm "$built/cargo.log"
NM=${NM:-${binutils}nm} LD=${LD:-${binutils}ld} OBJCOPY=${OBJCOPY:-${binutils}objcopy} AR=${AR:-${binutils}ar} \
    sh "$templates/isolate.sh" tesseral_ "$target/core/$machine/$profile/libtesseral_verify.a" "$built/lib/libtesseral_verify_core.a"
cp include/tesseral_verify.h "$built/include/"
echo "built in $built"
