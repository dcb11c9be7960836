//! What a freestanding archive for AArch64 Linux knows of its processor.
//!
//! The hash crate asks `getauxval`, a function of the C library, whether there are SHA-2 instructions. A program without a C
//! library has no such function. So the archive has its own, which is hidden from the program and asks it: a program that knows
//! the answer defines `tesseral_aarch64_hwcap`. Otherwise the weak function below says 0, and hashing does without those
//! instructions.
//!
//! The processor itself cannot be asked. Only a kernel may read ID_AA64ISAR0_EL1. Linux 4.11 and newer reads it for the program,
//! but older kernels, and sandboxes such as gVisor, end the program instead.

use core::arch::global_asm;

global_asm!(
    // unsigned long getauxval(unsigned long type)
    ".section .text.getauxval, \"ax\", %progbits",
    ".balign 4",
    ".globl getauxval",
    ".hidden getauxval",
    ".type getauxval, %function",
    "getauxval:",
    "cmp x0, #16", // AT_HWCAP
    "b.ne 2f",
    "b tesseral_aarch64_hwcap",
    "2:",
    "mov x0, #0",
    "ret",
    ".size getauxval, . - getauxval",
    // unsigned long tesseral_aarch64_hwcap(void)
    ".section .text.tesseral_aarch64_hwcap, \"ax\", %progbits",
    ".balign 4",
    ".weak tesseral_aarch64_hwcap",
    ".type tesseral_aarch64_hwcap, %function",
    "tesseral_aarch64_hwcap:",
    "mov x0, #0",
    "ret",
    ".size tesseral_aarch64_hwcap, . - tesseral_aarch64_hwcap",
    ".text",
);
