//! The field of P-256: integers mod p = 2^256 − 2^224 + 2^192 + 2^96 − 1 (SEC 2 section 2.4.2, FIPS 186-5).
//!
//! A value x is held as x·2^256 mod p (Montgomery form) in four 64-bit limbs, least first. Between operations it is any
//! representative in [0, 2^256): a value below 2^256 − p has two, so zero may be stored as 0 or as p. Each operation then ends
//! in one conditional subtraction of p, which a carry decides without a comparison. `canonical` brings a value below p before
//! it is stored, and `is_zero` knows both forms of zero.

#[cfg(target_arch = "aarch64")]
#[allow(unsafe_code)] // blocks of assembly
mod aarch64;
#[cfg(any(tesseral_umaal, tesseral_armv6m))]
#[allow(unsafe_code)] // calls into assembly
mod arm;
#[cfg_attr(not(any(target_arch = "x86_64", target_arch = "wasm32")), allow(dead_code))] // other arithmetic uses a part
mod carries;
#[cfg(any(target_arch = "wasm32", all(target_pointer_width = "64", not(target_arch = "aarch64"))))]
mod portable;
#[cfg(any(target_arch = "wasm32", all(target_pointer_width = "64", not(target_arch = "aarch64"))))]
mod reduction;
#[cfg(any(test, not(any(target_pointer_width = "64", target_arch = "wasm32", tesseral_umaal, tesseral_armv6m))))]
#[allow(clippy::arithmetic_side_effects)] // the bounds stand beside the sums
mod words;

use super::inverse::{self, Modulus};
use super::limbs::{limbs_from_be_bytes, sub_limbs};
use carries::COMPLEMENT;
#[cfg(target_arch = "x86_64")]
use carries::fold_carry;

/// An element of the field in Montgomery form: any representative below 2^256.
#[derive(Clone, Copy)]
pub(super) struct Fe([u64; 4]);

impl Fe {
    pub(super) const ZERO: Self = Self([0; 4]);
    /// 2^256 mod p.
    pub(super) const ONE: Self = Self(COMPLEMENT);

    /// Reads 32 big-endian octets (SEC 1 section 2.3.6); `None` from p upwards.
    pub(super) fn from_be_bytes(octets: &[u8; 32]) -> Option<Self> {
        let plain = limbs_from_be_bytes(octets);
        let (_, below) = sub_limbs(&plain, &P);
        below.then(|| Self(plain).mul(&Self(R_SQUARED)))
    }

    /// Writes 32 big-endian octets, the value below p.
    #[cfg(test)]
    pub(super) fn to_be_bytes(self) -> [u8; 32] {
        super::limbs::limbs_to_be_bytes(&self.mul(&Self([1, 0, 0, 0])).canonical().0)
    }

    /// The field element whose Montgomery form is the integer `plain` < 2^256: that is `plain`·2^−256. It serves equations of
    /// which both sides have that factor, and saves the conversion.
    pub(super) fn from_plain_limbs(plain: [u64; 4]) -> Self {
        Self(plain)
    }

    /// The representative below p, for storing.
    pub(super) fn to_limbs(self) -> [u64; 4] {
        self.canonical().0
    }

    /// The element that `to_limbs` was called on.
    #[inline(always)]
    pub(super) const fn from_limbs(limbs: [u64; 4]) -> Self {
        Self(limbs)
    }

    /// The form that AVX-512 IFMA stores: the value times 2^260, below p.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn into_52_bit_form(self) -> Self {
        Self(self.mul(&Self(TWO_260)).to_limbs())
    }

    /// The value that `into_52_bit_form` was given.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn out_of_52_bit_form(self) -> Self {
        self.mul(&Self([0, 0, 0, 1 << 60]))
    }

    /// `limbs` + `top`·2^256 with a `top` of 0 or 1.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn from_limbs_and_top(limbs: [u64; 4], top: bool) -> Self {
        Self(fold_carry(limbs, top))
    }

    #[inline(always)]
    pub(super) fn double(&self) -> Self {
        self.add(self)
    }

    #[inline(always)]
    pub(super) fn neg(&self) -> Self {
        Self::ZERO.sub(self)
    }

    /// −`self` when `negate`, for a value below p other than zero: the result is below p too.
    #[inline(always)]
    pub(super) fn neg_canonical_if(&self, negate: bool) -> Self {
        let mask = 0u64.wrapping_sub(u64::from(negate));
        let (flipped, _) = sub_limbs(&P, &self.0);
        Self([
            self.0[0] ^ (mask & (self.0[0] ^ flipped[0])),
            self.0[1] ^ (mask & (self.0[1] ^ flipped[1])),
            self.0[2] ^ (mask & (self.0[2] ^ flipped[2])),
            self.0[3] ^ (mask & (self.0[3] ^ flipped[3])),
        ])
    }

    /// Whether the value is 0 mod p, stored as 0 or as p.
    #[inline]
    pub(super) fn is_zero(&self) -> bool {
        let [a, b, c, d] = self.0;
        (a | b | c | d) == 0 || self.0 == P
    }

    #[inline]
    pub(super) fn equals(&self, other: &Self) -> bool {
        self.sub(other).is_zero()
    }

    /// 1/`self`; 0 for 0. The result of the fast inversion is checked, and computed by exponentiation if it is wrong.
    pub(super) fn invert(&self) -> Self {
        if cfg!(tesseral_smallest) {
            // Less code, and slower.
            return self.invert_by_power();
        }
        // 2^256/(x·2^256) is 1/x, and its Montgomery form is what the product with 2^512 gives.
        let fast = Self(inverse::invert(&MODULUS, self.canonical().0)).mul(&Self(R_SQUARED));
        if fast.mul(self).equals(&Self::ONE) { fast } else { self.invert_by_power() }
    }

    /// `self`^(p − 2) (Fermat).
    #[cold]
    fn invert_by_power(&self) -> Self {
        let mut power = Self::ONE;
        for limb in P_MINUS_2.iter().rev() {
            for bit in (0..64).rev() {
                power = power.square();
                if (limb >> bit) & 1 == 1 {
                    power = power.mul(self);
                }
            }
        }
        power
    }

    /// The representative below p: at most one subtraction, since 2^256 < 2p.
    fn canonical(self) -> Self {
        let (less, borrow) = sub_limbs(&self.0, &P);
        if borrow { self } else { Self(less) }
    }
}

/// Least limb first, as everywhere here.
pub(super) const P: [u64; 4] = [0xffff_ffff_ffff_ffff, 0x0000_0000_ffff_ffff, 0, 0xffff_ffff_0000_0001];
const P_MINUS_2: [u64; 4] = [0xffff_ffff_ffff_fffd, 0x0000_0000_ffff_ffff, 0, 0xffff_ffff_0000_0001];
/// 2^260 mod p.
#[cfg(target_arch = "x86_64")]
const TWO_260: [u64; 4] = [0x10, 0xffff_fff0_0000_0000, u64::MAX, 0x0000_000f_ffff_ffef];
/// 2^512 mod p.
const R_SQUARED: [u64; 4] =
    [0x0000_0000_0000_0003, 0xffff_fffb_ffff_ffff, 0xffff_ffff_ffff_fffe, 0x0000_0004_ffff_fffd];
const MODULUS: Modulus = Modulus::new(P);

#[cfg(test)]
pub(super) mod tests {
    use fiat_crypto::p256_64::*;
    use std::vec::Vec;

    use super::super::limbs::limbs_to_be_bytes;
    use super::{
        carries::{add_masked, sub_masked},
        *,
    };
    use crate::es256::limbs::add_limbs;

    /// All values whose limbs are at an edge, and all near 0, p, n, 2^256 and powers of two.
    pub(in super::super) fn edges(modulus: [u64; 4]) -> Vec<[u64; 4]> {
        const LIMBS: [u64; 7] = [0, 1, 0xffff_ffff, 1 << 32, 0x1_0000_0001, u64::MAX - 1, u64::MAX];
        let mut values = Vec::new();
        for a in LIMBS {
            for b in LIMBS {
                for c in LIMBS {
                    values.extend(LIMBS.map(|d| [a, b, c, d]));
                }
            }
        }
        for centre in [modulus, P, COMPLEMENT, sub_limbs(&[0; 4], &modulus).0] {
            for step in 0..3 {
                values.push(add_limbs(&centre, &[step, 0, 0, 0]).0);
                values.push(sub_limbs(&centre, &[step, 0, 0, 0]).0);
                for limb in 0..4 {
                    let mut at_limb = centre;
                    at_limb[limb] = at_limb[limb].wrapping_add(step).wrapping_sub(1);
                    values.push(at_limb);
                }
            }
        }
        values
    }

    /// SplitMix64, four limbs at a time; every other value has limbs from the edges too.
    pub(in super::super) fn random(count: usize) -> impl Iterator<Item = [u64; 4]> {
        let mut state = 7u64;
        let mut next = move || {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ (z >> 31)
        };
        (0..count).map(move |i| {
            core::array::from_fn(|_| match (i % 2, next() % 4) {
                (1, 0) => u64::MAX,
                (1, 1) => 0,
                (1, 2) => 0xffff_ffff_0000_0000,
                _ => next(),
            })
        })
    }

    type Fiat = fiat_p256_montgomery_domain_field_element;

    fn fiat(a: &[u64; 4]) -> Fiat {
        fiat_p256_montgomery_domain_field_element(Fe(*a).canonical().0)
    }

    fn zero() -> Fiat {
        fiat_p256_montgomery_domain_field_element([0; 4])
    }

    fn check_pair(a: &[u64; 4], b: &[u64; 4]) {
        let (fa, fb) = (fiat(a), fiat(b));
        let mut out = zero();
        fiat_p256_mul(&mut out, &fa, &fb);
        assert_eq!(Fe(*a).mul(&Fe(*b)).to_limbs(), out.0, "{a:x?} * {b:x?}");
        fiat_p256_add(&mut out, &fa, &fb);
        assert_eq!(Fe(*a).add(&Fe(*b)).to_limbs(), out.0, "{a:x?} + {b:x?}");
        fiat_p256_sub(&mut out, &fa, &fb);
        assert_eq!(Fe(*a).sub(&Fe(*b)).to_limbs(), out.0, "{a:x?} - {b:x?}");
        assert_eq!(Fe(*a).equals(&Fe(*b)), fa.0 == fb.0);
    }

    fn check_one(a: &[u64; 4]) {
        let mut out = zero();
        fiat_p256_square(&mut out, &fiat(a));
        assert_eq!(Fe(*a).square().to_limbs(), out.0, "{a:x?} squared");
        fiat_p256_opp(&mut out, &fiat(a));
        assert_eq!(Fe(*a).neg().to_limbs(), out.0, "-{a:x?}");
        if !Fe(*a).is_zero() {
            assert_eq!(Fe(Fe(*a).to_limbs()).neg_canonical_if(true).0, out.0);
        }
        assert_eq!(Fe(*a).is_zero(), fiat(a).0 == [0; 4]);
    }

    fn check_mul_add(a: &[u64; 4], b: &[u64; 4], c: &[u64; 4], d: &[u64; 4]) {
        let (mut left, mut right, mut out) = (zero(), zero(), zero());
        fiat_p256_mul(&mut left, &fiat(a), &fiat(b));
        fiat_p256_mul(&mut right, &fiat(c), &fiat(d));
        fiat_p256_add(&mut out, &left, &right);
        assert_eq!(Fe(*a).mul_add(&Fe(*b), &Fe(*c), &Fe(*d)).to_limbs(), out.0, "{a:x?} {b:x?} {c:x?} {d:x?}");
    }

    #[test]
    fn agrees_with_fiat_crypto_at_the_edges() {
        let edges = edges(P);
        for (i, a) in edges.iter().enumerate() {
            check_one(a);
            for b in edges.iter().skip(i % 3).step_by(3) {
                check_pair(a, b);
            }
        }
        for (i, a) in edges.iter().enumerate() {
            let largest = [u64::MAX; 4];
            check_mul_add(a, &largest, &largest, &largest);
            check_mul_add(a, a, a, a);
            for (j, b) in edges.iter().enumerate().skip(i % 41).step_by(41) {
                let (c, d) = (&edges[(i * 7 + j * 13) % edges.len()], &edges[(i * 11 + j * 3) % edges.len()]);
                check_mul_add(a, b, c, d);
                check_mul_add(a, b, &largest, d);
            }
        }
    }

    #[test]
    fn agrees_with_fiat_crypto_at_random() {
        let values: Vec<_> = random(40_000).collect();
        for values in values.windows(4) {
            check_one(&values[0]);
            check_pair(&values[0], &values[1]);
            check_mul_add(&values[0], &values[1], &values[2], &values[3]);
        }
    }

    #[test]
    fn corrects_twice_when_needed() {
        // Carry after the first correction: sums near 2^257, differences near −2^256, and the largest a·b + c·d.
        let largest = [u64::MAX; 4];
        check_pair(&largest, &largest);
        check_pair(&[0; 4], &largest);
        check_mul_add(&largest, &largest, &largest, &largest);
        assert!(add_masked(&add_limbs(&largest, &largest).0, true).1);
        assert!(sub_masked(&sub_limbs(&[0; 4], &largest).0, true).1);
    }

    #[test]
    fn zero_is_stored_twice() {
        assert!(Fe::ZERO.is_zero() && Fe(P).is_zero() && !Fe::ONE.is_zero());
        assert_eq!(Fe(P).to_limbs(), [0; 4]);
        assert!(Fe(P).equals(&Fe::ZERO) && Fe(P).mul(&Fe(COMPLEMENT)).is_zero());
    }

    #[test]
    fn inverses_are_inverses() {
        for a in edges(P).into_iter().chain(random(2_000)).chain([ELEVEN_ROUNDS]).map(Fe) {
            let inverse = a.invert();
            if a.is_zero() {
                assert!(inverse.is_zero());
            } else {
                assert!(a.mul(&inverse).equals(&Fe::ONE));
                // The unchecked one: the power must not be what makes this pass.
                let fast = Fe(inverse::invert(&MODULUS, a.canonical().0)).mul(&Fe(R_SQUARED));
                assert_eq!(fast.to_limbs(), inverse.to_limbs());
            }
        }
        for a in random(50).map(Fe) {
            assert!(a.invert_by_power().equals(&a.invert()));
        }
    }

    /// Its inversion takes 630 halvings, where most take 523.
    const ELEVEN_ROUNDS: [u64; 4] =
        [0x90b4_483e_667a_64dd, 0x5adb_cc88_a809_3583, 0x2d82_333b_30ae_725e, 0x8b23_f9f5_8003_bf5b];

    #[test]
    fn octets_below_p_only() {
        let below = sub_limbs(&P, &[1, 0, 0, 0]).0;
        assert_eq!(Fe::from_be_bytes(&limbs_to_be_bytes(&below)).map(Fe::to_be_bytes), Some(limbs_to_be_bytes(&below)));
        assert!(Fe::from_be_bytes(&limbs_to_be_bytes(&P)).is_none());
        assert!(Fe::from_be_bytes(&[0xff; 32]).is_none());
    }
}
