#!/bin/sh
# core.sh TARGET: builds libtesseral_verify_core.a for another processor, with the header, into c-TARGET under the target
# directory. OPT_LEVEL=s or z makes it smaller and slower, PROFILE=tiny, compact or server leaves the other profiles out.
# TARGET_FEATURE=+sha2 makes it for processors that have this feature, by its name in rustc. Where rustup has no standard
# library for the target, Debian's source of it is compiled.
. "$(dirname "$0")/common.sh"
[ $# -eq 1 ] || fail "usage: core.sh TARGET, for instance thumbv7em-none-eabihf"
machine=$1
built=$target/c-$machine
profile=freestanding

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
    # Cargo's archive is what a program for WebAssembly is linked with: its linker has no step that hides symbols.
    wasm32-*) binutils='' ;;
    *)
        binutils=$(echo "$machine" | sed 's/-unknown-/-/; s/-none$/-/')-
        # Where tools of that name are missing, Debian's.
        debian=$(tools/machine.sh "$machine" compiler)
        if [ -n "$debian" ] && ! command -v "${binutils}nm" >/dev/null; then
            binutils=$debian-
            tools/needs.sh "${binutils}gcc"
        fi
        ;;
esac

mkdir -p "$built/include" "$built/lib"
echo "building libtesseral_verify_core $version for $machine${PROFILE:+, with the profile $PROFILE alone}"
# A folder of its own: the flags would make cargo build everything else anew.
CARGO_TARGET_DIR="$target/core" "$templates/cross.sh" "$machine" rustc --profile "$profile" --lib --crate-type staticlib \
    --features ffi,panic-handler >"$built/cargo.log" 2>&1 ||
    { cat "$built/cargo.log" >&2; fail "cargo could not build the library for $machine"; }
rm "$built/cargo.log"
archive=$target/core/$machine/$profile/libtesseral_verify.a
cp include/tesseral_verify.h "$built/include/"
case $machine in
    wasm32-*)
        cp "$archive" "$built/lib/libtesseral_verify_core.a"
        echo "built in $built"
        exit
        ;;
esac
NM=${NM:-${binutils}nm} LD=${LD:-${binutils}ld} OBJCOPY=${OBJCOPY:-${binutils}objcopy} AR=${AR:-${binutils}ar} \
    sh "$templates/isolate.sh" tesseral_ "$archive" "$built/lib/libtesseral_verify_core.a"
echo "built in $built"
