//! Bringing the result of an addition or a subtraction back into [0, 2^256), by subtracting or adding p.

use crate::es256::limbs::{add_limbs, sub_limbs};

/// `a` + `carry`·2^256, which is below 2^257, minus as many p as bring it below 2^256.
///
/// Once in about 2^32 random cases the first correction leaves a carry, and p is subtracted again. That case is kept out of
/// line.
#[inline(always)]
pub(super) fn fold_carry(a: [u64; 4], carry: bool) -> [u64; 4] {
    let (sum, again) = add_masked(&a, carry);
    if again { add_complement(sum) } else { sum }
}

/// Subtracts p from `a` + 2^256 when `carry`: that is adding 2^256 − p to `a`.
#[inline(always)]
pub(super) fn add_masked(a: &[u64; 4], carry: bool) -> ([u64; 4], bool) {
    let mask = 0u64.wrapping_sub(u64::from(carry));
    add_limbs(a, &[mask & 1, mask & COMPLEMENT[1], mask, mask & COMPLEMENT[3]])
}

/// Adds p to `a` − 2^256 when `borrow`: that is subtracting 2^256 − p from `a`.
#[inline(always)]
pub(super) fn sub_masked(a: &[u64; 4], borrow: bool) -> ([u64; 4], bool) {
    let mask = 0u64.wrapping_sub(u64::from(borrow));
    sub_limbs(a, &[mask & 1, mask & COMPLEMENT[1], mask, mask & COMPLEMENT[3]])
}

#[cold]
pub(super) fn add_complement(a: [u64; 4]) -> [u64; 4] {
    add_limbs(&a, &COMPLEMENT).0
}

#[cold]
pub(super) fn subtract_complement(a: [u64; 4]) -> [u64; 4] {
    sub_limbs(&a, &COMPLEMENT).0
}

/// Subtracts p from `a` + `carries`·2^256 until it is below 2^256: at most twice.
#[cold]
pub(super) fn fold_carries(mut a: [u64; 4], mut carries: u64) -> [u64; 4] {
    while carries != 0 {
        let (sum, carry) = add_limbs(&a, &COMPLEMENT);
        a = sum;
        carries = carries.wrapping_sub(1).wrapping_add(u64::from(carry));
    }
    a
}

/// 2^256 − p, which is also 2^256 mod p.
pub(super) const COMPLEMENT: [u64; 4] = [1, 0xffff_ffff_0000_0000, 0xffff_ffff_ffff_ffff, 0x0000_0000_ffff_fffe];
