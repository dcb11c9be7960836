#!/bin/sh
# emulate.sh TARGET IMAGE: runs an image in qemu, which gives each instruction one nanosecond, so that the counters of the
# machine count instructions. The exit status is the program's. Files that the program reads are looked for in the current
# folder.
set -eu
machine=$1 image=$2
common='-nographic -monitor none -serial none -icount shift=0 -semihosting-config enable=on,target=native'
case $machine in
    # Also for thumbv6m, whose instructions a Cortex-M4 has: qemu's own Cortex-M0 has 16 KiB of memory.
    # shellcheck disable=SC2086 # words
    thumb*) exec qemu-system-arm -M mps2-an386 -cpu cortex-m4 $common -kernel "$image" ;;
    # shellcheck disable=SC2086
    riscv32*) exec qemu-system-riscv32 -M virt -bios none $common -kernel "$image" ;;
    *) echo "emulate: which machine is $machine?" >&2; exit 1 ;;
esac
