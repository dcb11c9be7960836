#!/bin/sh
# cross.sh TARGET COMMAND [OPTION...]: runs cargo for another processor as core.sh describes it: OPT_LEVEL is the optimization of
# the profile freestanding, PROFILE the only profile of the library, TARGET_FEATURE a feature of the processor.
. "$(dirname "$0")/common.sh"
machine=$1
shift
flags=''

# What a load or a store may be: the core of a microcontroller may trap on unaligned words, and some memory always does.
case $machine in
    thumb*) flags=-Ctarget-feature=+strict-align ;;
esac
[ -z "${TARGET_FEATURE:-}" ] || flags="$flags -Ctarget-feature=$TARGET_FEATURE"

# SHA-256 without an unrolled loop.
case ${OPT_LEVEL:-3} in
    s | z) flags="$flags --cfg sha2_backend_soft=\"compact\"" ;;
esac
export RUSTFLAGS="$flags" CARGO_PROFILE_FREESTANDING_OPT_LEVEL="${OPT_LEVEL:-3}" TESSERAL_PROFILE="${PROFILE:-}"

exec tools/cargo_for.sh core "$machine" "$@"
