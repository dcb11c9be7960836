//! The five operations of the field for AArch64, in assembly.
//!
//! LLVM keeps the carries of a sum in the flags as long as nothing comes between, but not those of a product's rows, and never
//! borrows. Where two chains of carries cross, it saves and restores the flags, for which processors wait.
//!
//! Each block of assembly works on registers alone. MUL, UMULH, shifts and AND leave the flags as they are, so that they can
//! stand inside a chain. SUBS and SBCS clear the carry flag where they borrow.

use super::{
    Fe,
    carries::{add_complement, fold_carries, subtract_complement},
};
use core::arch::asm;

impl Fe {
    #[inline(always)]
    pub(in crate::es256) fn mul(&self, other: &Self) -> Self {
        Self(reduce(product(&self.0, &other.0)))
    }

    #[inline(always)]
    pub(in crate::es256) fn square(&self) -> Self {
        Self(reduce(square(&self.0)))
    }

    /// `self`·b + c·d with one reduction.
    #[inline(always)]
    pub(in crate::es256) fn mul_add(&self, b: &Self, c: &Self, d: &Self) -> Self {
        let (sum, carry) = reduce_sum(product(&self.0, &b.0), product(&c.0, &d.0));
        if carry != 0 { Self(fold_carries(sum, carry)) } else { Self(sum) }
    }

    #[inline(always)]
    pub(in crate::es256) fn add(&self, other: &Self) -> Self {
        let (sum, carry) = add(&self.0, &other.0);
        if carry != 0 { Self(add_complement(sum)) } else { Self(sum) }
    }

    #[inline(always)]
    pub(in crate::es256) fn sub(&self, other: &Self) -> Self {
        let (difference, borrow) = sub(&self.0, &other.0);
        if borrow != 0 { Self(subtract_complement(difference)) } else { Self(difference) }
    }
}

/// a·b in 63 instructions, row by row: first the low halves of a row's four products, then the high halves.
///
/// After row i the sum is a times the i + 1 low limbs of b, so that limbs 0 to i + 4 hold it: neither ADC that ends a chain can
/// carry.
#[inline(always)]
fn product(a: &[u64; 4], b: &[u64; 4]) -> [u64; 8] {
    let (t0, t1, t2, t3, t4, t5, t6, t7): (u64, u64, u64, u64, u64, u64, u64, u64);
    // SAFETY: the assembly changes its operands and the flags, and nothing else.
    unsafe {
        asm!(
            "mul {t0}, {a0}, {b0}",
            "umulh {t1}, {a0}, {b0}",
            "mul {x}, {a1}, {b0}",
            "adds {t1}, {t1}, {x}",
            "umulh {t2}, {a1}, {b0}",
            "mul {x}, {a2}, {b0}",
            "adcs {t2}, {t2}, {x}",
            "umulh {t3}, {a2}, {b0}",
            "mul {x}, {a3}, {b0}",
            "adcs {t3}, {t3}, {x}",
            "umulh {t4}, {a3}, {b0}",
            "adc {t4}, {t4}, xzr",

            "mul {x}, {a0}, {b1}",
            "adds {t1}, {t1}, {x}",
            "mul {x}, {a1}, {b1}",
            "adcs {t2}, {t2}, {x}",
            "mul {x}, {a2}, {b1}",
            "adcs {t3}, {t3}, {x}",
            "mul {x}, {a3}, {b1}",
            "adcs {t4}, {t4}, {x}",
            "adc {t5}, xzr, xzr",
            "umulh {x}, {a0}, {b1}",
            "adds {t2}, {t2}, {x}",
            "umulh {x}, {a1}, {b1}",
            "adcs {t3}, {t3}, {x}",
            "umulh {x}, {a2}, {b1}",
            "adcs {t4}, {t4}, {x}",
            "umulh {x}, {a3}, {b1}",
            "adc {t5}, {t5}, {x}",

            "mul {x}, {a0}, {b2}",
            "adds {t2}, {t2}, {x}",
            "mul {x}, {a1}, {b2}",
            "adcs {t3}, {t3}, {x}",
            "mul {x}, {a2}, {b2}",
            "adcs {t4}, {t4}, {x}",
            "mul {x}, {a3}, {b2}",
            "adcs {t5}, {t5}, {x}",
            "adc {t6}, xzr, xzr",
            "umulh {x}, {a0}, {b2}",
            "adds {t3}, {t3}, {x}",
            "umulh {x}, {a1}, {b2}",
            "adcs {t4}, {t4}, {x}",
            "umulh {x}, {a2}, {b2}",
            "adcs {t5}, {t5}, {x}",
            "umulh {x}, {a3}, {b2}",
            "adc {t6}, {t6}, {x}",

            "mul {x}, {a0}, {b3}",
            "adds {t3}, {t3}, {x}",
            "mul {x}, {a1}, {b3}",
            "adcs {t4}, {t4}, {x}",
            "mul {x}, {a2}, {b3}",
            "adcs {t5}, {t5}, {x}",
            "mul {x}, {a3}, {b3}",
            "adcs {t6}, {t6}, {x}",
            "adc {t7}, xzr, xzr",
            "umulh {x}, {a0}, {b3}",
            "adds {t4}, {t4}, {x}",
            "umulh {x}, {a1}, {b3}",
            "adcs {t5}, {t5}, {x}",
            "umulh {x}, {a2}, {b3}",
            "adcs {t6}, {t6}, {x}",
            "umulh {x}, {a3}, {b3}",
            "adc {t7}, {t7}, {x}",
            a0 = in(reg) a[0], a1 = in(reg) a[1], a2 = in(reg) a[2], a3 = in(reg) a[3],
            b0 = in(reg) b[0], b1 = in(reg) b[1], b2 = in(reg) b[2], b3 = in(reg) b[3],
            t0 = out(reg) t0, t1 = out(reg) t1, t2 = out(reg) t2, t3 = out(reg) t3,
            t4 = out(reg) t4, t5 = out(reg) t5, t6 = out(reg) t6, t7 = out(reg) t7,
            x = out(reg) _,
            options(pure, nomem, nostack),
        );
    }
    [t0, t1, t2, t3, t4, t5, t6, t7]
}

/// a² in 44 instructions: the products of two different limbs, their double, and the squares of the limbs.
///
/// The sum of the six products is below 2^447, since a² is below 2^512 and has it twice at bit 64.
#[inline(always)]
fn square(a: &[u64; 4]) -> [u64; 8] {
    let (t0, t1, t2, t3, t4, t5, t6, t7): (u64, u64, u64, u64, u64, u64, u64, u64);
    // SAFETY: as in `product`.
    unsafe {
        asm!(
            // a0·(a1, a2, a3) at limb 1
            "mul {t1}, {a0}, {a1}",
            "umulh {t2}, {a0}, {a1}",
            "mul {x}, {a0}, {a2}",
            "adds {t2}, {t2}, {x}",
            "umulh {t3}, {a0}, {a2}",
            "mul {x}, {a0}, {a3}",
            "adcs {t3}, {t3}, {x}",
            "umulh {t4}, {a0}, {a3}",
            "adc {t4}, {t4}, xzr",
            // a1·a2 at limb 3, a2·a3 at limb 5
            "mul {x}, {a1}, {a2}",
            "adds {t3}, {t3}, {x}",
            "umulh {x}, {a1}, {a2}",
            "adcs {t4}, {t4}, {x}",
            "mul {t5}, {a2}, {a3}",
            "adcs {t5}, {t5}, xzr",
            "umulh {t6}, {a2}, {a3}",
            "adc {t6}, {t6}, xzr",
            // a1·a3 at limb 4
            "mul {x}, {a1}, {a3}",
            "adds {t4}, {t4}, {x}",
            "umulh {x}, {a1}, {a3}",
            "adcs {t5}, {t5}, {x}",
            "adc {t6}, {t6}, xzr",
            // twice
            "adds {t1}, {t1}, {t1}",
            "adcs {t2}, {t2}, {t2}",
            "adcs {t3}, {t3}, {t3}",
            "adcs {t4}, {t4}, {t4}",
            "adcs {t5}, {t5}, {t5}",
            "adcs {t6}, {t6}, {t6}",
            "adc {t7}, xzr, xzr",
            // and the squares
            "mul {t0}, {a0}, {a0}",
            "umulh {x}, {a0}, {a0}",
            "adds {t1}, {t1}, {x}",
            "mul {x}, {a1}, {a1}",
            "adcs {t2}, {t2}, {x}",
            "umulh {x}, {a1}, {a1}",
            "adcs {t3}, {t3}, {x}",
            "mul {x}, {a2}, {a2}",
            "adcs {t4}, {t4}, {x}",
            "umulh {x}, {a2}, {a2}",
            "adcs {t5}, {t5}, {x}",
            "mul {x}, {a3}, {a3}",
            "adcs {t6}, {t6}, {x}",
            "umulh {x}, {a3}, {a3}",
            "adc {t7}, {t7}, {x}",
            a0 = in(reg) a[0], a1 = in(reg) a[1], a2 = in(reg) a[2], a3 = in(reg) a[3],
            t0 = out(reg) t0, t1 = out(reg) t1, t2 = out(reg) t2, t3 = out(reg) t3,
            t4 = out(reg) t4, t5 = out(reg) t5, t6 = out(reg) t6, t7 = out(reg) t7,
            x = out(reg) _,
            options(pure, nomem, nostack),
        );
    }
    [t0, t1, t2, t3, t4, t5, t6, t7]
}

/// Montgomery's reduction of four limbs, least first, to (t + M·p)/2^256, for the M < 2^256 that makes it an integer.
///
/// Each of the four steps takes the lowest limb m away, as m·p = −m + m·2^96 + m·(2^64 − 2^32 + 1)·2^192: that is from bit 64 on
/// the limbs (m << 32), (m >> 32), and those of m·2^64 + m − m·2^32. The highest of them stands where m was. A step makes
/// (t + m·p)/2^64 of a t below 2^256, which is below 2^192 + p and so below 2^256 again: the ADC at its end cannot carry.
macro_rules! reduce_low {
    () => {
        concat!(
            // m = t0
            "lsr {x}, {t0}, #32\n",
            "subs {y}, {t0}, {t0}, lsl #32\n",
            "sbc {z}, {t0}, {x}\n",
            "adds {t1}, {t1}, {t0}, lsl #32\n",
            "adcs {t2}, {t2}, {x}\n",
            "adcs {t3}, {t3}, {y}\n",
            "adc {t0}, {z}, xzr\n",
            // m = t1
            "lsr {x}, {t1}, #32\n",
            "subs {y}, {t1}, {t1}, lsl #32\n",
            "sbc {z}, {t1}, {x}\n",
            "adds {t2}, {t2}, {t1}, lsl #32\n",
            "adcs {t3}, {t3}, {x}\n",
            "adcs {t0}, {t0}, {y}\n",
            "adc {t1}, {z}, xzr\n",
            // m = t2
            "lsr {x}, {t2}, #32\n",
            "subs {y}, {t2}, {t2}, lsl #32\n",
            "sbc {z}, {t2}, {x}\n",
            "adds {t3}, {t3}, {t2}, lsl #32\n",
            "adcs {t0}, {t0}, {x}\n",
            "adcs {t1}, {t1}, {y}\n",
            "adc {t2}, {z}, xzr\n",
            // m = t3
            "lsr {x}, {t3}, #32\n",
            "subs {y}, {t3}, {t3}, lsl #32\n",
            "sbc {z}, {t3}, {x}\n",
            "adds {t0}, {t0}, {t3}, lsl #32\n",
            "adcs {t1}, {t1}, {x}\n",
            "adcs {t2}, {t2}, {y}\n",
            "adc {t3}, {z}, xzr\n",
        )
    };
}

/// t·2^−256 mod p in 39 instructions, for a t of at most (2^256 − 1)²: a value below 2^256.
///
/// The reduced low half is at most p, and its sum with the high half below 2^256 + p. So subtracting p once, when there is a carry,
/// leaves a value below 2^256: the last ADC cannot carry.
#[inline(always)]
fn reduce(t: [u64; 8]) -> [u64; 4] {
    let [mut t0, mut t1, mut t2, mut t3, t4, t5, t6, t7] = t;
    // SAFETY: as in `product`.
    unsafe {
        asm!(
            reduce_low!(),
            "adds {t0}, {t0}, {t4}",
            "adcs {t1}, {t1}, {t5}",
            "adcs {t2}, {t2}, {t6}",
            "adcs {t3}, {t3}, {t7}",
            // 2^256 − p when there is a carry: the limbs 1, 2^64 − 2^32, 2^64 − 1 and 2^32 − 2
            "csetm {x}, cs",
            "lsl {y}, {x}, #32",
            "and {z}, {x}, #0xfffffffe",
            "adds {t0}, {t0}, {x}, lsr #63",
            "adcs {t1}, {t1}, {y}",
            "adcs {t2}, {t2}, {x}",
            "adc {t3}, {t3}, {z}",
            t0 = inout(reg) t0, t1 = inout(reg) t1, t2 = inout(reg) t2, t3 = inout(reg) t3,
            t4 = in(reg) t4, t5 = in(reg) t5, t6 = in(reg) t6, t7 = in(reg) t7,
            x = out(reg) _, y = out(reg) _, z = out(reg) _,
            options(pure, nomem, nostack),
        );
    }
    [t0, t1, t2, t3]
}

/// (t + u)·2^−256 mod p, for t and u of at most (2^256 − 1)²: four limbs, and above them a carry of 0 or 1.
///
/// Before p is subtracted the value is at most (t + u)/2^256 + p, which is below 3·2^256: its top k is at most 2. Subtracting
/// k·p = k·2^256 − k·(2^224 − 2^192 − 2^96 + 1) leaves less than 2^256 + 2·2^224. So there is a carry in about one of 2^31
/// random cases.
#[inline(always)]
fn reduce_sum(t: [u64; 8], u: [u64; 8]) -> ([u64; 4], u64) {
    let [mut t0, mut t1, mut t2, mut t3, t4, t5, t6, t7] = t;
    let carry: u64;
    // SAFETY: as in `product`.
    unsafe {
        asm!(
            "adds {t0}, {t0}, {u0}",
            "adcs {t1}, {t1}, {u1}",
            "adcs {t2}, {t2}, {u2}",
            "adcs {t3}, {t3}, {u3}",
            "adcs {t4}, {t4}, {u4}",
            "adcs {t5}, {t5}, {u5}",
            "adcs {t6}, {t6}, {u6}",
            "adcs {t7}, {t7}, {u7}",
            "adc {k}, xzr, xzr",
            reduce_low!(),
            "adds {t0}, {t0}, {t4}",
            "adcs {t1}, {t1}, {t5}",
            "adcs {t2}, {t2}, {t6}",
            "adcs {t3}, {t3}, {t7}",
            "adc {k}, {k}, xzr",
            // k·2^224 − k·2^192 + k, then − k·2^96
            "lsl {x}, {k}, #32",
            "sub {y}, {x}, {k}",
            "adds {t0}, {t0}, {k}",
            "adcs {t1}, {t1}, xzr",
            "adcs {t2}, {t2}, xzr",
            "adcs {t3}, {t3}, {y}",
            "adc {k}, xzr, xzr",
            "subs {t1}, {t1}, {x}",
            "sbcs {t2}, {t2}, xzr",
            "sbcs {t3}, {t3}, xzr",
            "sbc {k}, {k}, xzr",
            t0 = inout(reg) t0, t1 = inout(reg) t1, t2 = inout(reg) t2, t3 = inout(reg) t3,
            t4 = inout(reg) t4 => _, t5 = inout(reg) t5 => _, t6 = inout(reg) t6 => _, t7 = inout(reg) t7 => _,
            u0 = in(reg) u[0], u1 = in(reg) u[1], u2 = in(reg) u[2], u3 = in(reg) u[3],
            u4 = in(reg) u[4], u5 = in(reg) u[5], u6 = in(reg) u[6], u7 = in(reg) u[7],
            k = out(reg) carry,
            x = out(reg) _, y = out(reg) _, z = out(reg) _,
            options(pure, nomem, nostack),
        );
    }
    ([t0, t1, t2, t3], carry)
}

/// a + b, less p when that reaches 2^256: four limbs, and above them a carry of 0 or 1, which one more subtraction of p clears.
#[inline(always)]
fn add(a: &[u64; 4], b: &[u64; 4]) -> ([u64; 4], u64) {
    let (t0, t1, t2, t3, carry): (u64, u64, u64, u64, u64);
    // SAFETY: as in `product`.
    unsafe {
        asm!(
            "adds {t0}, {a0}, {b0}",
            "adcs {t1}, {a1}, {b1}",
            "adcs {t2}, {a2}, {b2}",
            "adcs {t3}, {a3}, {b3}",
            "csetm {x}, cs",
            "lsl {y}, {x}, #32",
            "and {z}, {x}, #0xfffffffe",
            "adds {t0}, {t0}, {x}, lsr #63",
            "adcs {t1}, {t1}, {y}",
            "adcs {t2}, {t2}, {x}",
            "adcs {t3}, {t3}, {z}",
            "cset {x}, cs",
            a0 = in(reg) a[0], a1 = in(reg) a[1], a2 = in(reg) a[2], a3 = in(reg) a[3],
            b0 = in(reg) b[0], b1 = in(reg) b[1], b2 = in(reg) b[2], b3 = in(reg) b[3],
            t0 = out(reg) t0, t1 = out(reg) t1, t2 = out(reg) t2, t3 = out(reg) t3,
            x = out(reg) carry, y = out(reg) _, z = out(reg) _,
            options(pure, nomem, nostack),
        );
    }
    ([t0, t1, t2, t3], carry)
}

/// a − b, plus p when that is negative: four limbs, and a borrow of 0 or 1, which one more addition of p clears.
#[inline(always)]
fn sub(a: &[u64; 4], b: &[u64; 4]) -> ([u64; 4], u64) {
    let (t0, t1, t2, t3, borrow): (u64, u64, u64, u64, u64);
    // SAFETY: as in `product`.
    unsafe {
        asm!(
            "subs {t0}, {a0}, {b0}",
            "sbcs {t1}, {a1}, {b1}",
            "sbcs {t2}, {a2}, {b2}",
            "sbcs {t3}, {a3}, {b3}",
            "csetm {x}, cc",
            "lsl {y}, {x}, #32",
            "and {z}, {x}, #0xfffffffe",
            "subs {t0}, {t0}, {x}, lsr #63",
            "sbcs {t1}, {t1}, {y}",
            "sbcs {t2}, {t2}, {x}",
            "sbcs {t3}, {t3}, {z}",
            "cset {x}, cc",
            a0 = in(reg) a[0], a1 = in(reg) a[1], a2 = in(reg) a[2], a3 = in(reg) a[3],
            b0 = in(reg) b[0], b1 = in(reg) b[1], b2 = in(reg) b[2], b3 = in(reg) b[3],
            t0 = out(reg) t0, t1 = out(reg) t1, t2 = out(reg) t2, t3 = out(reg) t3,
            x = out(reg) borrow, y = out(reg) _, z = out(reg) _,
            options(pure, nomem, nostack),
        );
    }
    ([t0, t1, t2, t3], borrow)
}
