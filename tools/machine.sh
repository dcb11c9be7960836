#!/bin/sh
# machine.sh TARGET compiler|emulator: the beginning of the names of Debian's GNU tools for a Linux target of Rust, as in
# aarch64-linux-gnu-gcc, or the name of qemu's program that runs its programs. Nothing for a target that Debian has not.
case $1 in
    aarch64-*-linux-*) compiler=aarch64-linux-gnu emulator=qemu-aarch64 ;;
    armv7-*-linux-*eabihf) compiler=arm-linux-gnueabihf emulator=qemu-arm ;;
    i686-*-linux-*) compiler=i686-linux-gnu emulator=qemu-i386 ;;
    riscv64*-linux-*) compiler=riscv64-linux-gnu emulator=qemu-riscv64 ;;
    s390x-*-linux-*) compiler=s390x-linux-gnu emulator=qemu-s390x ;;
    *) compiler='' emulator='' ;;
esac
case $2 in
    compiler) echo "$compiler" ;;
    emulator) echo "$emulator" ;;
esac
