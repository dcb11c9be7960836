@ Arithmetic of P-256 for Arm processors whose only multiplication is 32 x 32 -> 32 bits: Armv6-M and the Armv8-M Baseline
@ (Cortex-M0, M0+, M1, M23).
@
@ Integers are words of 32 bits, least first; p = 2^256 - 2^224 + 2^192 + 2^96 - 1. Branches depend on values: verification
@ has no secrets. The functions with names keep r4 to r11 (AAPCS section 6.1.1). Flags pass through loads, stores, MOV, MULS,
@ EORS and MOVS with a constant, which leave the carry as it is; ADD to and from SP leaves all of them.

    .syntax unified

    .macro tesseral_function name
    .section .text.\name, "ax", %progbits
    .balign 4
    .globl \name
    .hidden \name
    .type \name, %function
    .thumb_func
\name:
    .endm

@ 64 x 64 -> 128 bits: a = r1:r0 times b = r3:r2 gives r5:r3:r1:r0. Changes r0 to r12; uses three words of the stack.
@
@ The halves of 16 bits are A0 to A3 and B0 to B3; each of their products is at most (2^16 - 1)^2 = 2^32 - 2^17 + 1. The
@ products whose places add to an even number make E = w3:w2:w1:w0 < 2^128, the others O = o3:o2:o1:o0, and a b = E + 2^16 O.
    tesseral_function tesseral_multiply_2
    uxth r4, r0
    mov r8, r4 @ A0
    lsrs r0, r0, #16
    mov r9, r0 @ A1
    uxth r5, r1
    mov r10, r5 @ A2
    lsrs r1, r1, #16
    mov r11, r1 @ A3
    uxth r6, r2 @ B0
    lsrs r2, r2, #16 @ B1
    uxth r7, r3 @ B2
    lsrs r3, r3, #16 @ B3
    @ w0 = A0 B0, w1 = A1 B1, w2 = A2 B2, w3 = A3 B3.
    muls r4, r6
    muls r0, r2
    muls r5, r7
    muls r1, r3
    mov r12, r4
    @ E += 2^32 A0 B2 + 2^64 A1 B3.
    mov r4, r8
    muls r4, r7
    adds r0, r0, r4
    mov r4, r9
    muls r4, r3
    adcs r5, r4
    movs r4, #0
    adcs r1, r4
    @ E += 2^32 A2 B0 + 2^64 A3 B1. No carry leaves w3, since E <= a b.
    mov r4, r10
    muls r4, r6
    adds r0, r0, r4
    mov r4, r11
    muls r4, r2
    adcs r5, r4
    movs r4, #0
    adcs r1, r4
    push {r0, r1, r5} @ w1, w3, w2
    @ o0 = A0 B1, o1 = A0 B3 + A2 B1, o2 = A2 B3 + carry <= 2^32 - 2^17 + 2.
    mov r0, r8
    muls r0, r2
    mov r1, r8
    muls r1, r3
    mov r4, r10
    muls r3, r4
    muls r4, r2
    movs r5, #0
    adds r1, r1, r4
    adcs r3, r5
    @ O += A1 B0 + 2^32 A1 B2 + 2^64 A3 B2; the carry is o3 <= 1.
    mov r4, r9
    muls r4, r6
    adds r0, r0, r4
    mov r2, r9
    muls r2, r7
    adcs r1, r2
    mov r2, r11
    muls r7, r2
    adcs r3, r7
    adcs r5, r5
    @ O += 2^32 A3 B0; O <= 2^-16 a b < 2^112, so that o3 < 2^16.
    muls r2, r6
    movs r6, #0
    adds r1, r1, r2
    adcs r3, r6
    adcs r5, r6
    @ 2^16 O.
    lsls r5, r5, #16
    lsrs r2, r3, #16
    orrs r5, r2
    lsls r3, r3, #16
    lsrs r2, r1, #16
    orrs r3, r2
    lsls r1, r1, #16
    lsrs r2, r0, #16
    orrs r1, r2
    lsls r0, r0, #16
    @ E + 2^16 O = a b < 2^128.
    mov r2, r12
    adds r0, r0, r2
    pop {r2, r4, r6}
    adcs r1, r2
    adcs r3, r6
    adcs r5, r4
    bx lr
    .size tesseral_multiply_2, . - tesseral_multiply_2

@ 128 x 128 -> 256 bits: eight words at r0 from four at r1 and four at r2 (Karatsuba). Changes r0 to r12.
@
@ With B = 2^64, a = a0 + a1 B and b = b0 + b1 B: z0 = a0 b0, z2 = a1 b1, d = (a1 - a0) (b1 - b0). Then a1 b0 + a0 b1 is
@ z0 + z2 - d. With z0 = y0 + y1 B and v = y1 + z2, the product is y0 + B x for x = y0 + v + B v - d. Without d, x is largest
@ for the largest a and b, where it is below B^3 as well: no sum below has more than six words.
    tesseral_function tesseral_multiply_4
    push {r0, r1, r2, lr} @ at sp + 20
    sub sp, #20
    ldm r1!, {r3, r4, r5, r6}
    @ |a1 - a0|, and r7 = -1 when a1 - a0 is negative, else 0.
    subs r5, r5, r3
    sbcs r6, r4
    sbcs r7, r7
    eors r5, r7
    eors r6, r7
    subs r5, r5, r7
    sbcs r6, r7
    str r5, [sp]
    str r6, [sp, #4]
    ldm r2!, {r0, r1, r3, r4}
    @ |b1 - b0|.
    subs r3, r3, r0
    sbcs r4, r1
    sbcs r5, r5
    eors r3, r5
    eors r4, r5
    subs r3, r3, r5
    sbcs r4, r5
    str r3, [sp, #8]
    str r4, [sp, #12]
    @ -1 when d is not negative, so that |d| is subtracted; else 0.
    eors r7, r5
    mvns r7, r7
    str r7, [sp, #16]
    ldr r2, [sp, #24]
    ldm r2, {r2, r3}
    bl tesseral_multiply_2
    ldr r2, [sp, #20]
    stm r2!, {r0, r1, r3, r5} @ z0
    ldr r0, [sp, #24]
    adds r0, #8
    ldm r0, {r0, r1}
    ldr r2, [sp, #28]
    adds r2, #8
    ldm r2, {r2, r3}
    bl tesseral_multiply_2
    ldr r2, [sp, #20]
    adds r2, #16
    stm r2!, {r0, r1, r3, r5} @ z2
    mov r0, sp
    ldm r0, {r0, r1, r2, r3}
    bl tesseral_multiply_2
    @ |d| or its complement, in r8 to r11. The carry below makes that the negative.
    ldr r2, [sp, #16]
    eors r0, r2
    eors r1, r2
    eors r3, r2
    eors r5, r2
    mov r8, r0
    mov r9, r1
    mov r10, r3
    mov r11, r5
    ldr r7, [sp, #20]
    ldm r7!, {r0, r1, r2, r3, r4, r5, r6}
    ldr r7, [r7]
    @ v in r4 to r7.
    adds r4, r4, r2
    adcs r5, r3
    movs r2, #0
    adcs r6, r2
    adcs r7, r2
    @ y0 + v + B v in r0, r1, r4 to r7.
    adds r0, r0, r4
    adcs r1, r5
    adcs r4, r6
    adcs r5, r7
    adcs r6, r2
    adcs r7, r2
    @ Less d.
    ldr r3, [sp, #16]
    lsrs r2, r3, #1
    mov r2, r8
    adcs r0, r2
    mov r2, r9
    adcs r1, r2
    mov r2, r10
    adcs r4, r2
    mov r2, r11
    adcs r5, r2
    adcs r6, r3
    adcs r7, r3
    ldr r2, [sp, #20]
    adds r2, #8
    stm r2!, {r0, r1, r4, r5, r6, r7}
    add sp, #32
    pop {pc}
    .size tesseral_multiply_4, . - tesseral_multiply_4

@ Four words at r0, which moves past them: |x0 - x1| for the eight words x0 + x1 2^128 at r1. r3 = -1 when x0 < x1, else 0.
@ Changes r1 and r4 to r7.
    .macro tesseral_distance
    ldm r1!, {r4, r5, r6, r7}
    ldr r3, [r1]
    subs r4, r4, r3
    ldr r3, [r1, #4]
    sbcs r5, r3
    ldr r3, [r1, #8]
    sbcs r6, r3
    ldr r3, [r1, #12]
    sbcs r7, r3
    sbcs r3, r3
    eors r4, r3
    eors r5, r3
    eors r6, r3
    eors r7, r3
    subs r4, r4, r3
    sbcs r5, r3
    sbcs r6, r3
    sbcs r7, r3
    stm r0!, {r4, r5, r6, r7}
    .endm

@ r4 to r7 plus four words at r0 + \offset, and the carry. Changes r1.
    .macro tesseral_add_4 offset, first
    ldr r1, [r0, #\offset]
    \first r4, r1
    ldr r1, [r0, #\offset + 4]
    adcs r5, r1
    ldr r1, [r0, #\offset + 8]
    adcs r6, r1
    ldr r1, [r0, #\offset + 12]
    adcs r7, r1
    .endm

@ r4 to r7 plus the word \more each, and the carry.
    .macro tesseral_extend more
    adcs r4, \more
    adcs r5, \more
    adcs r6, \more
    adcs r7, \more
    .endm

@ 256 x 256 -> 512 bits: sixteen words t at r0 from eight at r1 and eight at r2. Changes r0 to r12.
@
@ Karatsuba as above with B = 2^128, and the same bound: no sum of x has more than twelve words.
    tesseral_function tesseral_multiply_8
    push {r0, r1, r2, lr} @ at sp + 68
    sub sp, #68
    mov r0, sp
    tesseral_distance
    mov r8, r3
    mov r1, r2
    tesseral_distance
    mov r4, r8
    eors r3, r4
    mvns r3, r3
    str r3, [sp, #64] @ -1 when |d| is subtracted, else 0
    ldr r0, [sp, #68]
    ldr r1, [sp, #72]
    ldr r2, [sp, #76]
    bl tesseral_multiply_4 @ z0
    ldr r0, [sp, #68]
    adds r0, #32
    ldr r1, [sp, #72]
    adds r1, #16
    ldr r2, [sp, #76]
    adds r2, #16
    bl tesseral_multiply_4 @ z2
    add r0, sp, #32
    mov r1, sp
    add r2, sp, #16
    bl tesseral_multiply_4 @ |d|
    @ v = y1 + z2 in the place of z2.
    ldr r0, [sp, #68]
    adds r0, #16
    ldm r0!, {r4, r5, r6, r7}
    tesseral_add_4 0, adds
    stm r0!, {r4, r5, r6, r7}
    mov r2, r0
    movs r3, #0
    ldm r0!, {r4, r5, r6, r7}
    tesseral_extend r3
    stm r2!, {r4, r5, r6, r7}
    @ y0 + v + B v in the place of y1 and z2.
    ldr r0, [sp, #68]
    ldm r0!, {r4, r5, r6, r7}
    tesseral_add_4 16, adds
    stm r0!, {r4, r5, r6, r7}
    mov r2, r0
    ldm r0!, {r4, r5, r6, r7}
    tesseral_add_4 0, adcs
    stm r2!, {r4, r5, r6, r7}
    ldm r0!, {r4, r5, r6, r7}
    tesseral_extend r3
    stm r2!, {r4, r5, r6, r7}
    @ Less d.
    subs r2, #48
    mov r0, r2
    add r1, sp, #32
    ldr r3, [sp, #64]
    lsrs r4, r3, #1
    .rept 4
    ldm r1!, {r4, r5}
    eors r4, r3
    eors r5, r3
    ldm r0!, {r6, r7}
    adcs r6, r4
    adcs r7, r5
    stm r2!, {r6, r7}
    .endr
    ldm r0!, {r4, r5, r6, r7}
    tesseral_extend r3
    stm r2!, {r4, r5, r6, r7}
    add sp, #80
    pop {pc}
    .size tesseral_multiply_8, . - tesseral_multiply_8

@ Adds to the eight words at r0 the integer 2^256 - p = 2^224 - 2^192 - 2^96 + 1, r3 >= 1 times, and once more for each carry
@ that this makes. Changes r0 to r7. SBCS with n adds the word 2^32 - 1 - n and the carry.
    tesseral_function tesseral_fold
    movs r2, #0
1:
    mov r1, r0
    ldm r1!, {r4, r5, r6, r7}
    adds r4, #1
    adcs r5, r2
    adcs r6, r2
    sbcs r7, r2
    stm r0!, {r4, r5, r6, r7}
    ldm r1!, {r4, r5, r6, r7}
    sbcs r4, r2
    sbcs r5, r2
    movs r1, #1
    sbcs r6, r1
    adcs r7, r2
    stm r0!, {r4, r5, r6, r7}
    sbcs r3, r2
    beq 2f
    subs r0, #32
    b 1b
2:
    bx lr
    .size tesseral_fold, . - tesseral_fold

@ Montgomery's reduction: eight words at r1 from the sixteen words t at r0 and a seventeenth, the count of 2^512 above them,
@ which is 0 or 1. (t + M p) / 2^256 for the M that makes it an integer, less p for each carry. Changes r0 to r12.
@
@ M p = -M + M 2^96 + M 2^192 - M 2^224 + M 2^256, so that the words of M are, with the carries of each sum,
@   m0 = t0, m1 = t1, m2 = t2, m3 = t3 + m0, m4 = t4 + m1, m5 = t5 + m2, m6 = t6 + m3 + m0, m7 = t7 + m4 + m1 - m0,
@ and the words of the quotient
@   t8 + m0 + m2 + m5 - m1, t9 + m1 + m3 + m6 - m2, t10 + m2 + m4 + m7 - m3, t11 + m3 + m5 - m4,
@   t12 + m4 + m6 - m5, t13 + m5 + m7 - m6, t14 + m6 - m7, t15 + m7.
@ r3 counts what the sums carry over, as a signed word: between -1 and 2 after the first eight words. The next four words plus
@ r3 carry -1 to 1 over, three sums at most 1 each, and the difference at least -1, so that r3 is between -2 and 4 then. In the
@ end it is the whole part above 2^256. That is at most 1 for a product: t <= (2^256 - 1)^2 makes (t + M p) / 2^256 less than
@ 2^256 + p. For the sum of two products it is at most 2.
    tesseral_function tesseral_reduce
    push {r1, lr} @ at sp + 32
    sub sp, #32
    mov r8, r0
    ldm r0!, {r1, r2, r3, r4, r5, r6, r7}
    ldr r0, [r0]
    adds r4, r4, r1
    adcs r5, r2
    adcs r6, r3
    adcs r7, r4
    adcs r0, r5
    str r3, [sp, #8]
    str r4, [sp, #12]
    str r5, [sp, #16]
    str r6, [sp, #20]
    movs r4, #0
    movs r3, #0
    adcs r3, r4
    adds r7, r7, r1
    adcs r0, r2
    adcs r3, r4
    subs r0, r0, r1
    sbcs r3, r4
    str r1, [sp]
    str r2, [sp, #4]
    str r7, [sp, #24]
    str r0, [sp, #28]

    @ Words 8 to 11.
    mov r0, r8
    adds r0, #32
    ldm r0!, {r4, r5, r6, r7}
    mov r8, r0
    asrs r0, r3, #31
    adds r4, r4, r3
    adcs r5, r0
    adcs r6, r0
    adcs r7, r0
    movs r3, #0
    adcs r3, r0
    movs r0, #0
    adds r4, r4, r1 @ m0 to m3
    adcs r5, r2
    ldr r1, [sp, #8]
    adcs r6, r1
    ldr r2, [sp, #12]
    adcs r7, r2
    adcs r3, r0
    adds r4, r4, r1 @ m2 to m5
    adcs r5, r2
    ldr r1, [sp, #16]
    adcs r6, r1
    ldr r2, [sp, #20]
    adcs r7, r2
    adcs r3, r0
    adds r4, r4, r2 @ m5 to m7
    ldr r2, [sp, #24]
    adcs r5, r2
    ldr r2, [sp, #28]
    adcs r6, r2
    adcs r7, r0
    adcs r3, r0
    ldr r2, [sp, #4] @ less m1 to m4
    subs r4, r4, r2
    ldr r2, [sp, #8]
    sbcs r5, r2
    ldr r2, [sp, #12]
    sbcs r6, r2
    sbcs r7, r1
    sbcs r3, r0
    ldr r2, [sp, #32]
    stm r2!, {r4, r5, r6, r7}
    mov r9, r2

    @ Words 12 to 15.
    mov r0, r8
    ldm r0!, {r4, r5, r6, r7}
    ldr r1, [r0]
    asrs r0, r3, #31
    adds r4, r4, r3
    adcs r5, r0
    adcs r6, r0
    adcs r7, r0
    adcs r1, r0
    mov r3, r1
    movs r0, #0
    ldr r1, [sp, #16] @ m4 to m7
    adds r4, r4, r1
    ldr r2, [sp, #20]
    adcs r5, r2
    ldr r1, [sp, #24]
    adcs r6, r1
    ldr r2, [sp, #28]
    adcs r7, r2
    adcs r3, r0
    adds r4, r4, r1 @ m6 and m7
    adcs r5, r2
    adcs r6, r0
    adcs r7, r0
    adcs r3, r0
    ldr r0, [sp, #20] @ less m5 to m7
    subs r4, r4, r0
    movs r0, #0
    sbcs r5, r1
    sbcs r6, r2
    sbcs r7, r0
    sbcs r3, r0
    mov r0, r9
    stm r0!, {r4, r5, r6, r7}
    cmp r3, #0
    beq 3f
    subs r0, #32
    bl tesseral_fold
3:
    add sp, #36
    pop {pc}
    .size tesseral_reduce, . - tesseral_reduce

@ What the functions of a product begin and end with.
    .macro tesseral_enter
    push {r4, r5, r6, r7, lr}
    mov r4, r8
    mov r5, r9
    mov r6, r10
    mov r7, r11
    push {r0, r3, r4, r5, r6, r7}
    .endm

    .macro tesseral_leave
    pop {r0, r3, r4, r5, r6, r7}
    mov r8, r4
    mov r9, r5
    mov r10, r6
    mov r11, r7
    pop {r4, r5, r6, r7, pc}
    .endm

@ void tesseral_p256_mul(out, a, b): out = a * b / 2^256.
    tesseral_function tesseral_p256_mul
    tesseral_enter
    sub sp, #68
    mov r0, sp
    bl tesseral_multiply_8
    movs r2, #0
    str r2, [sp, #64]
    mov r0, sp
    ldr r1, [sp, #68]
    bl tesseral_reduce
    add sp, #68
    tesseral_leave
    .size tesseral_p256_mul, . - tesseral_p256_mul

@ void tesseral_p256_mul_add(out, a, b, c, d): out = (a * b + c * d) / 2^256.
    tesseral_function tesseral_p256_mul_add
    tesseral_enter
    sub sp, #132
    mov r0, sp
    bl tesseral_multiply_8
    add r0, sp, #64
    ldr r1, [sp, #136]
    ldr r2, [sp, #176]
    bl tesseral_multiply_8
    @ The sum, where the first product was; the carry overwrites the first word of the second, which is added by then.
    mov r0, sp
    add r1, sp, #64
    movs r3, #0 @ and no carry
    adds r3, r3, r3
    .rept 8
    ldm r1!, {r4, r5}
    ldr r6, [r0]
    ldr r7, [r0, #4]
    adcs r4, r6
    adcs r5, r7
    stm r0!, {r4, r5}
    .endr
    adcs r3, r3
    str r3, [r0]
    mov r0, sp
    ldr r1, [sp, #132]
    bl tesseral_reduce
    add sp, #132
    tesseral_leave
    .size tesseral_p256_mul_add, . - tesseral_p256_mul_add

@ void tesseral_p256_add(out, a, b): out = a + b.
    tesseral_function tesseral_p256_add
    push {r4, r5, r6, r7, lr}
    ldm r1!, {r4, r5}
    ldm r2!, {r6, r7}
    adds r4, r4, r6
    adcs r5, r7
    stm r0!, {r4, r5}
    .rept 3
    ldm r1!, {r4, r5}
    ldm r2!, {r6, r7}
    adcs r4, r6
    adcs r5, r7
    stm r0!, {r4, r5}
    .endr
    bcc 4f
    subs r0, #32
    movs r3, #1
    bl tesseral_fold
4:
    pop {r4, r5, r6, r7, pc}
    .size tesseral_p256_add, . - tesseral_p256_add

@ void tesseral_p256_sub(out, a, b): out = a - b. A borrow lends p: takes 2^256 - p away, once more when that borrows.
@ ADCS with n takes the word 2^32 - 1 - n and the borrow away.
    tesseral_function tesseral_p256_sub
    push {r4, r5, r6, r7, lr}
    ldm r1!, {r4, r5}
    ldm r2!, {r6, r7}
    subs r4, r4, r6
    sbcs r5, r7
    stm r0!, {r4, r5}
    .rept 3
    ldm r1!, {r4, r5}
    ldm r2!, {r6, r7}
    sbcs r4, r6
    sbcs r5, r7
    stm r0!, {r4, r5}
    .endr
    bcs 6f
    movs r2, #0
    movs r3, #1
5:
    subs r0, #32
    mov r1, r0
    ldm r1!, {r4, r5, r6, r7}
    subs r4, #1
    sbcs r5, r2
    sbcs r6, r2
    adcs r7, r2
    stm r0!, {r4, r5, r6, r7}
    ldm r1!, {r4, r5, r6, r7}
    adcs r4, r2
    adcs r5, r2
    adcs r6, r3
    sbcs r7, r2
    stm r0!, {r4, r5, r6, r7}
    bcc 5b
6:
    pop {r4, r5, r6, r7, pc}
    .size tesseral_p256_sub, . - tesseral_p256_sub
