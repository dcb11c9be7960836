#!/bin/sh
# run.sh TARGET...: runs the library's unit tests on other processors, in qemu's user-mode emulator. For each target the standard
# library is compiled where rustup has none.
set -eu
cd "$(dirname "$0")"
tools=../../tools
target=$(../../bindings/c/package/target.sh)/machines
[ $# -gt 0 ] || { echo "run.sh: no target" >&2; exit 1; }

for machine in "$@"; do
    compiler=$($tools/machine.sh "$machine" compiler) emulator=$($tools/machine.sh "$machine" emulator)
    [ -n "$compiler" ] || { echo "run.sh: which machine is $machine?" >&2; exit 1; }
    $tools/needs.sh "$compiler-gcc" "$emulator"
    name=$(echo "$machine" | tr 'a-z-' 'A-Z_')
    said=$(env "CARGO_TARGET_DIR=$target" "CARGO_TARGET_${name}_LINKER=$compiler-gcc" \
        "CARGO_TARGET_${name}_RUNNER=$emulator -L /usr/$compiler" \
        $tools/cargo_for.sh std,test,panic_unwind "$machine" test --quiet --locked --lib 2>&1) || { echo "$said" >&2; exit 1; }
    ran=$(echo "$said" | sed -n 's/^test result: ok. \([0-9]*\) passed; 0 failed;.*/\1/p')
    [ "${ran:-0}" -gt 0 ] || { echo "$said" >&2; echo "run.sh: no test ran for $machine" >&2; exit 1; }
    echo "machines: $machine: $ran unit tests passed"
done
