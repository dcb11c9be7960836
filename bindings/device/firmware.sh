#!/bin/sh
# firmware.sh TARGET PROGRAM [OPTION...]: links firmware/PROGRAM.c with the archive that `make core` has made, for the machine
# that qemu shows of that target, and prints where the image is. Options go to the C compiler. The snapshot and the tokens in
# the image are those that `fake-tesseral mint` has left in the folder that DEVICE_FILES names.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
machine=$1 program=$2
shift 2
target=$("$here/../c/package/target.sh")
folder=$target/devices/$machine
mkdir -p "$folder"

case $machine in
    thumb*)
        compiler=arm-none-eabi-gcc processor='-mthumb' startup=startup_arm.c script=mps2.ld
        case $machine in
            thumbv6m-*) processor="$processor -mcpu=cortex-m0plus" ;;
            thumbv7m-*) processor="$processor -mcpu=cortex-m3" ;;
            thumbv7em-*hf) processor="$processor -mcpu=cortex-m4 -mfloat-abi=hard -mfpu=fpv4-sp-d16" ;;
            thumbv7em-*) processor="$processor -mcpu=cortex-m4" ;;
            *) echo "firmware: which processor is $machine?" >&2; exit 1 ;;
        esac
        ;;
    riscv32imac-*)
        compiler=riscv64-unknown-elf-gcc processor='-march=rv32imac_zicsr -mabi=ilp32 -mcmodel=medany' startup=startup_riscv.c
        script=virt_riscv.ld
        ;;
    *) echo "firmware: which processor is $machine?" >&2; exit 1 ;;
esac

# shellcheck disable=SC2086 # words
"$compiler" $processor -std=c11 -Os -Wall -Wextra -Werror -ffreestanding -fno-tree-loop-distribute-patterns \
    -ffunction-sections -fdata-sections -I"$target/c-$machine/include" -I"$here/firmware" -Wa,-I"$DEVICE_FILES" "$@" \
    -nostdlib -L"$here/firmware" -T "$script" -Wl,--gc-sections,--fatal-warnings,-z,noexecstack \
    "$here/firmware/$program.c" "$here/firmware/$startup" "$here/firmware/semihosting.c" "$here/firmware/memory.c" \
    "$here/firmware/snapshot.S" "$target/c-$machine/lib/libtesseral_verify_core.a" -lgcc -o "$folder/$program.elf"
echo "$folder/$program.elf"
