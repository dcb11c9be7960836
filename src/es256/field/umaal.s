@ Arithmetic of P-256 with words of 32 bits, for Arm processors that have UMAAL (Armv6 with DSP instructions, Armv7E-M,
@ Armv7-A): RdHi:RdLo = Rn * Rm + RdLo + RdHi, which never overflows, since (2^32 - 1)^2 + 2 (2^32 - 1) = 2^64 - 1.
@
@ Integers are eight words, least first; p = 2^256 - 2^224 + 2^192 + 2^96 - 1. Branches depend on values: verification
@ has no secrets. Every function keeps r4 to r11 (AAPCS section 6.1.1), and calls nothing. MOVS with a constant leaves the
@ carry as it is, and is shorter than MOV in Thumb code.

    .syntax unified

@ One row of a product: adds a[i] times four words of b to the window of four words \x0..\x3, with what \c holds at the
@ lowest place. The lowest word is done and goes to memory; \c is the new highest word of the window.
    .macro tesseral_row a, x0, x1, x2, x3, c, place
    umaal \x0, \c, \a, r3
    umaal \x1, \c, \a, r4
    umaal \x2, \c, \a, r5
    umaal \x3, \c, \a, r6
    str \x0, [r0, #4 * \place]
    .endm

@ What a row begins with: the word that is at its lowest place, or nothing.
    .macro tesseral_next c, place, adding
    .if \adding
    ldr \c, [r0, #4 * \place]
    .else
    movs \c, #0
    .endif
    .endm

@ Eight rows: the words of a at r1, four words of b in r3 to r6; their sums go to the words of t from \place on. The
@ window is empty at first, and its words are r10, r11, r7 and r8 in the end, least first. With \adding, each row adds the
@ word that is at its place already.
    .macro tesseral_rows place, adding
    tesseral_next r11, (\place), \adding
    movs r7, #0
    movs r8, #0
    movs r9, #0
    movs r10, #0
    ldm r1!, {r12, lr}
    tesseral_row r12, r7, r8, r9, r10, r11, (\place)
    tesseral_next r7, (\place + 1), \adding
    tesseral_row lr, r8, r9, r10, r11, r7, (\place + 1)
    ldm r1!, {r12, lr}
    tesseral_next r8, (\place + 2), \adding
    tesseral_row r12, r9, r10, r11, r7, r8, (\place + 2)
    tesseral_next r9, (\place + 3), \adding
    tesseral_row lr, r10, r11, r7, r8, r9, (\place + 3)
    ldm r1!, {r12, lr}
    tesseral_next r10, (\place + 4), \adding
    tesseral_row r12, r11, r7, r8, r9, r10, (\place + 4)
    tesseral_next r11, (\place + 5), \adding
    tesseral_row lr, r7, r8, r9, r10, r11, (\place + 5)
    ldm r1!, {r12, lr}
    tesseral_next r7, (\place + 6), \adding
    tesseral_row r12, r8, r9, r10, r11, r7, (\place + 6)
    tesseral_next r8, (\place + 7), \adding
    tesseral_row lr, r9, r10, r11, r7, r8, (\place + 7)
    .endm

@ t = a * b: sixteen words at r0 from eight at r1 and eight at r2. Changes r1 to r12 and lr.
    .macro tesseral_multiply
    ldm r2!, {r3, r4, r5, r6}
    tesseral_rows 0, 0
    str r10, [r0, #32]
    str r11, [r0, #36]
    str r7, [r0, #40]
    str r8, [r0, #44]
    subs r1, r1, #32
    ldm r2, {r3, r4, r5, r6}
    tesseral_rows 4, 1
    str r10, [r0, #48]
    str r11, [r0, #52]
    str r7, [r0, #56]
    str r8, [r0, #60]
    .endm

@ Montgomery's reduction: eight words at r0 from the sixteen at r1 and a seventeenth, the count of 2^512 above them.
@ (t + M p) / 2^256 for the M that makes it an integer, less p for each carry. Changes r0 to r12 and lr; uses two words
@ of the stack, at sp and sp + 4.
@
@ Four words at a time: p = 2^96 - 1 mod 2^128, so M = t (1 + 2^96) mod 2^128, which changes the fourth word alone. Then
@ M p = -M + M 2^96 + M (2^64 - 2^32 + 1) 2^192: the first term takes the four words away. Of the third, with m0 to m3
@ for the words of M, the words are m0, m1 - m0, m2 - m1 + m0, m3 - m2 + m1, m2 - m3, m3. The borrows of these
@ differences are one chain, which begins with the carry of the sum before it: SBCS takes one away when there was none,
@ and the chain of additions gives it back.
    .macro tesseral_reduce
    str r0, [sp, #4]
    ldm r1!, {r10, r11, r12, lr}
    adds lr, lr, r10
    ldm r1!, {r2, r3, r4}
    adcs r2, r2, r11
    adcs r3, r3, r12
    adcs r4, r4, lr
    sbcs r5, r11, r10
    sbcs r6, r12, r11
    sbcs r7, lr, r12
    sbcs r8, r12, lr
    sbc r9, lr, #0
    adds r5, r5, #1
    adcs r6, r6, r10
    adcs r7, r7, r11
    adcs r8, r8, #0
    adc r9, r9, #0
    adds r4, r4, r10
    ldm r1!, {r0, r10, r11, r12, lr}
    adcs r5, r5, r0
    adcs r6, r6, r10
    adcs r7, r7, r11
    adcs r8, r8, r12
    adcs r9, r9, lr
    movs r0, #0
    adc r0, r0, #0
    str r0, [sp]

    @ Again, for the words that are in r2 to r5 now; above them r6 to r9, and four in memory.
    adds r5, r5, r2
    adcs r6, r6, r3
    adcs r7, r7, r4
    adcs r8, r8, r5
    sbcs r0, r3, r2
    sbcs r10, r4, r3
    sbcs r11, r5, r4
    sbcs r12, r4, r5
    sbc lr, r5, #0
    adds r0, r0, #1
    adcs r10, r10, r2
    adcs r11, r11, r3
    adcs r12, r12, #0
    adc lr, lr, #0
    @ The carry of the first half.
    ldr r3, [sp]
    adds r10, r10, r3
    adcs r11, r11, #0
    adcs r12, r12, #0
    adc lr, lr, #0
    adds r8, r8, r2
    adcs r9, r9, r0
    ldm r1!, {r2, r3, r4, r5}
    adcs r10, r10, r2
    adcs r11, r11, r3
    adcs r12, r12, r4
    adcs lr, lr, r5
    ldr r0, [r1]
    adcs r0, r0, #0
    tesseral_fold r6, r7, r8, r9, r10, r11, r12, lr
    ldr r0, [sp, #4]
    stm r0, {r6, r7, r8, r9, r10, r11, r12, lr}
    .endm

@ Adds 2^256 - p = 2^224 - 2^192 - 2^96 + 1, r0 times and once more for each carry that this makes. The flags are r0's.
@ SBCS with n adds the word 2^32 - 1 - n and the carry.
    .macro tesseral_fold w0, w1, w2, w3, w4, w5, w6, w7
    beq 2f
1:
    adds \w0, \w0, #1
    adcs \w1, \w1, #0
    adcs \w2, \w2, #0
    sbcs \w3, \w3, #0
    sbcs \w4, \w4, #0
    sbcs \w5, \w5, #0
    sbcs \w6, \w6, #1
    adcs \w7, \w7, #0
    sbcs r0, r0, #0
    bne 1b
2:
    .endm

    .macro tesseral_function name
    .section .text.\name, "ax", %progbits
    .balign 4
    .globl \name
    .hidden \name
    .type \name, %function
\name:
    .endm

@ void tesseral_p256_mul(out, a, b): out = a * b / 2^256.
    tesseral_function tesseral_p256_mul
    push {r0, r4, r5, r6, r7, r8, r9, r10, r11, lr}
    sub sp, sp, #80
    add r0, sp, #8
    tesseral_multiply
    movs r2, #0
    str r2, [r0, #64]
    mov r1, r0
    ldr r0, [sp, #80]
    tesseral_reduce
    add sp, sp, #84
    pop {r4, r5, r6, r7, r8, r9, r10, r11, pc}
    .size tesseral_p256_mul, . - tesseral_p256_mul

@ void tesseral_p256_mul_add(out, a, b, c, d): out = (a * b + c * d) / 2^256.
    tesseral_function tesseral_p256_mul_add
    push {r0, r3, r4, r5, r6, r7, r8, r9, r10, r11, lr}
    sub sp, sp, #148
    add r0, sp, #8
    tesseral_multiply
    ldr r1, [sp, #152]
    ldr r2, [sp, #192]
    add r0, sp, #80
    tesseral_multiply
    add r1, sp, #8
    add r0, sp, #80
    ldm r0!, {r2, r3, r4, r5}
    ldm r1, {r6, r7, r8, r9}
    adds r6, r6, r2
    adcs r7, r7, r3
    adcs r8, r8, r4
    adcs r9, r9, r5
    stm r1!, {r6, r7, r8, r9}
    .rept 3
    ldm r0!, {r2, r3, r4, r5}
    ldm r1, {r6, r7, r8, r9}
    adcs r6, r6, r2
    adcs r7, r7, r3
    adcs r8, r8, r4
    adcs r9, r9, r5
    stm r1!, {r6, r7, r8, r9}
    .endr
    movs r2, #0
    adc r2, r2, #0
    str r2, [r1]
    subs r1, r1, #64
    ldr r0, [sp, #148]
    tesseral_reduce
    add sp, sp, #156
    pop {r4, r5, r6, r7, r8, r9, r10, r11, pc}
    .size tesseral_p256_mul_add, . - tesseral_p256_mul_add

@ Eight words at r1 plus or minus eight at r2, in r4 to r11, and the carry. Changes r1 to r3 and r12.
    .macro tesseral_words first, next
    ldm r1!, {r4, r5, r6, r7}
    ldm r2!, {r8, r9, r10, r11}
    \first r4, r4, r8
    \next r5, r5, r9
    \next r6, r6, r10
    \next r7, r7, r11
    ldm r1, {r8, r9, r10, r11}
    ldm r2, {r1, r2, r3, r12}
    \next r8, r8, r1
    \next r9, r9, r2
    \next r10, r10, r3
    \next r11, r11, r12
    .endm

@ void tesseral_p256_add(out, a, b): out = a + b.
    tesseral_function tesseral_p256_add
    push {r0, r4, r5, r6, r7, r8, r9, r10, r11, lr}
    tesseral_words adds, adcs
    movs r0, #0
    adcs r0, r0, #0
    tesseral_fold r4, r5, r6, r7, r8, r9, r10, r11
    pop {r0}
    stm r0, {r4, r5, r6, r7, r8, r9, r10, r11}
    pop {r4, r5, r6, r7, r8, r9, r10, r11, pc}
    .size tesseral_p256_add, . - tesseral_p256_add

@ void tesseral_p256_sub(out, a, b): out = a - b. A borrow lends p: takes 2^256 - p away, once more when that borrows.
    tesseral_function tesseral_p256_sub
    push {r0, r4, r5, r6, r7, r8, r9, r10, r11, lr}
    tesseral_words subs, sbcs
    bcs 4f
3:
    subs r4, r4, #1
    sbcs r5, r5, #0
    sbcs r6, r6, #0
    adcs r7, r7, #0
    adcs r8, r8, #0
    adcs r9, r9, #0
    adcs r10, r10, #1
    sbcs r11, r11, #0
    bcc 3b
4:
    pop {r0}
    stm r0, {r4, r5, r6, r7, r8, r9, r10, r11}
    pop {r4, r5, r6, r7, r8, r9, r10, r11, pc}
    .size tesseral_p256_sub, . - tesseral_p256_sub
