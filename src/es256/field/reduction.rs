//! Montgomery reduction modulo p: eight limbs to four.

/// (t + M·p)/2^256 for the M < 2^256 that makes it an integer: four limbs and a carry.
///
/// Each step removes two limbs. p ≡ 2^96 − 1 mod 2^128, so −1/p ≡ 1 + 2^96 mod 2^128, and M = t·(1 + 2^96) mod 2^128 makes
/// t + M·p divisible by 2^128. Here M·p = −M + M·2^96 + M·(2^64 − 2^32 + 1)·2^192. The first two terms turn the two low limbs
/// into zeros, and what is left of them is the carry out of m1. So those limbs are never computed.
///
/// The result is below t/2^256 + p. For a product of two values below 2^256 that is below 2^256 + p: subtracting p once, when
/// there is a carry, leaves a value below 2^256.
#[inline(always)]
pub(super) fn reduce(t: [u64; 8]) -> ([u64; 4], bool) {
    let [t0, t1, t2, t3, t4, t5, t6, t7] = t;
    let (m, c) = fold_two(t0, t1);
    let (t2, c) = t2.carrying_add(m[0], c);
    let (t3, c) = t3.carrying_add(m[1], c);
    let (t4, c) = t4.carrying_add(m[2], c);
    let (t5, carry) = t5.carrying_add(m[3], c);
    let (m, c) = fold_two(t2, t3);
    let (t4, c) = t4.carrying_add(m[0], c);
    let (t5, c) = t5.carrying_add(m[1], c);
    // M·(2^64 − 2^32 + 1) + 2^32 is below 2^192 − 2^159: the carry from below fits.
    let (m2, over) = m[2].carrying_add(0, carry);
    let (m3, _) = m[3].carrying_add(0, over);
    let (t6, c) = t6.carrying_add(m2, c);
    let (t7, c) = t7.carrying_add(m3, c);
    ([t4, t5, t6, t7], c)
}

/// What one step adds to the four limbs above the two low ones, and the carry into those four.
///
/// M·(2^64 − 2^32 + 1) is computed by shifts and additions, which cost less than two multiplications.
#[inline(always)]
fn fold_two(t0: u64, t1: u64) -> ([u64; 4], bool) {
    let m0 = t0;
    let (m1, carry) = t1.carrying_add(t0 << 32, false);
    // M·2^96 without its lowest limb is (a0, m1 >> 32).
    let a0 = (m0 >> 32) | (m1 << 32);
    // From bit 192: (m0, m0 + m1, m1) + (m1 >> 32) − M·2^32.
    let (a1, c) = m0.carrying_add(m1 >> 32, false);
    let (a2, c) = m1.carrying_add(m0, c);
    let (a3, _) = m1.carrying_add(0, c);
    let (a1, c) = a1.borrowing_sub(m0 << 32, false);
    let (a2, c) = a2.borrowing_sub(a0, c);
    let (a3, _) = a3.borrowing_sub(m1 >> 32, c);
    ([a0, a1, a2, a3], carry)
}
