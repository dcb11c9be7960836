#!/bin/sh
# What `make bench-machines` runs: counts the instructions of a whole token on AArch64, in qemu's user-mode emulator, beside
# AWS-LC. All counts are of one run, which asserts each verdict. Fails below the bar for the profile server.
set -eu
cd "$(dirname "$0")"
tools=../../tools
machine=aarch64-unknown-linux-gnu bar=3
compiler=$($tools/machine.sh "$machine" compiler) emulator=$($tools/machine.sh "$machine" emulator)
$tools/needs.sh cc cmake "$compiler-gcc" "$emulator"
target=$(../../bindings/c/package/target.sh)/machines
mkdir -p "$target"

cc -std=c11 -O2 -Wall -Wextra -Werror -fPIC -shared count.c -o "$target/count.so"
(
    export CARGO_TARGET_DIR="$target" CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER="$compiler-gcc" RUSTFLAGS=-Ctarget-feature=+crt-static
    $tools/cargo_for.sh std,panic_unwind "$machine" build --quiet --locked --release
)
counts=$("$emulator" -cpu "${CPU:-neoverse-n1}" -plugin "$target/count.so,getppid=173" \
    "$target/$machine/release/tesseral-verify-machines" 2>&1) || { echo "$counts" >&2; exit 1; }

# A line NAME TOKENS, the count of what came before, and the count of that name.
echo "$counts" | awk -v bar="$bar" '
    $1 == "executed" { if (marks++ % 2) { one[name] = $2 / tokens; names[++known] = name }; next }
    { name = $1; tokens = $2 }
    END {
        if (known != 5 || marks != 10) { print "bench-machines: counts are missing" > "/dev/stderr"; exit 1 }
        for (i = 1; i <= known; i++) printf "figure aarch64_token_%s_instructions %d instructions\n", names[i], one[names[i]]
        for (i = 2; i <= known; i++) {
            own = names[i] == "server" ? "" : names[i] "_"
            printf "figure aarch64_token_%svs_aws_lc %.2f x\n", own, one["hand_made"] / one[names[i]]
        }
        if (one["hand_made"] < bar * one["server"]) { print "bench-machines: below " bar " x" > "/dev/stderr"; exit 1 }
    }'
