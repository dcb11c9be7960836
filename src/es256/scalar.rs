//! Integers mod n, the order of P-256's base point (SEC 2 section 2.4.2).

use super::inverse::{self, Modulus};
use super::limbs::{add_limbs, limbs_from_be_bytes, sub_limbs};

/// An integer below n, least limb first.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Scalar([u64; 4]);

/// x·2^256 mod n (Montgomery form). A Montgomery product of a plain integer and a `Factor` is a plain integer.
#[derive(Clone, Copy)]
pub(super) struct Factor([u64; 4]);

impl Scalar {
    pub(super) const ONE: Self = Self([1, 0, 0, 0]);

    /// Reads r or s: big-endian, 1 to n − 1 (FIPS 186-5 section 6.4.2 step 1).
    pub(super) fn from_signature(octets: &[u8; 32]) -> Option<Self> {
        let limbs = limbs_from_be_bytes(octets);
        let (_, below) = sub_limbs(&limbs, &N);
        (below && limbs != [0; 4]).then_some(Self(limbs))
    }

    /// Reads the digest as an integer mod n (FIPS 186-5 section 6.4.2 steps 2 and 3); one subtraction, since 2^256 < 2n.
    pub(super) fn from_digest(digest: &[u8; 32]) -> Self {
        Self(subtract_order_once(limbs_from_be_bytes(digest), false))
    }

    pub(super) const fn limbs(&self) -> [u64; 4] {
        self.0
    }

    /// `self` + n when that is below p: the other x coordinate that is ≡ `self` mod n.
    pub(super) fn plus_order_below_p(&self) -> Option<[u64; 4]> {
        let (_, below) = sub_limbs(&self.0, &P_MINUS_N);
        below.then(|| add_limbs(&self.0, &N).0)
    }

    /// An odd k with k·P = ±`self`·P, and whether it is minus: n − `self` when `self` is even. 0 gives n.
    pub(super) fn to_odd(self) -> ([u64; 4], bool) {
        if self.0[0] & 1 == 1 { (self.0, false) } else { (sub_limbs(&N, &self.0).0, true) }
    }

    /// `self`·`factor`.
    #[inline]
    pub(super) fn mul(&self, factor: &Factor) -> Self {
        Self(montgomery_product(&self.0, &factor.0))
    }

    /// `self`/2^256 as a factor: the same limbs.
    pub(super) fn as_factor(self) -> Factor {
        Factor(self.0)
    }

    fn to_factor(self) -> Factor {
        Factor(montgomery_product(&self.0, &R_SQUARED))
    }

    /// `limbs` + `top`·2^256, when that is below 2·n.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn from_limbs_and_top(limbs: [u64; 4], top: bool) -> Self {
        Self(subtract_order_once(limbs, top))
    }

    /// 2^260/`self`.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn invert_times_2_260(&self) -> Self {
        // 2^260 mod n: R is below 2^224.
        const SIXTEEN: Factor =
            Factor([R[0] << 4, R[1] << 4 | R[0] >> 60, R[2] << 4 | R[1] >> 60, R[3] << 4 | R[2] >> 60]);
        Self(self.invert().0).mul(&SIXTEEN)
    }

    /// 1/`self` as a factor. The result of the fast inversion is checked, and computed by exponentiation if it is wrong.
    pub(super) fn invert(&self) -> Factor {
        if cfg!(tesseral_smallest) {
            // Less code, and slower.
            return self.invert_by_power();
        }
        self.checked_inverse(Factor(inverse::invert(&MODULUS, self.0)))
    }

    fn checked_inverse(&self, fast: Factor) -> Factor {
        if self.mul(&fast) == Self::ONE { fast } else { self.invert_by_power() }
    }

    /// `self`^(n − 2) (Fermat).
    #[cold]
    fn invert_by_power(&self) -> Factor {
        let base = self.to_factor();
        let mut power = Factor(R);
        for limb in N_MINUS_2.iter().rev() {
            for bit in (0..64).rev() {
                power = power.mul(&power);
                if (limb >> bit) & 1 == 1 {
                    power = power.mul(&base);
                }
            }
        }
        power
    }
}

impl Factor {
    pub(super) const ONE: Self = Self(R);

    #[inline]
    pub(super) fn mul(&self, other: &Self) -> Self {
        Self(montgomery_product(&self.0, &other.0))
    }
}

pub(super) const N: [u64; 4] =
    [0xf3b9_cac2_fc63_2551, 0xbce6_faad_a717_9e84, 0xffff_ffff_ffff_ffff, 0xffff_ffff_0000_0000];
const N_MINUS_2: [u64; 4] =
    [0xf3b9_cac2_fc63_254f, 0xbce6_faad_a717_9e84, 0xffff_ffff_ffff_ffff, 0xffff_ffff_0000_0000];
const P_MINUS_N: [u64; 4] =
    [0x0c46_353d_039c_daae, 0x4319_0553_58e8_617b, 0x0000_0000_0000_0000, 0x0000_0000_0000_0000];
/// 2^256 mod n = 2^256 − n.
const R: [u64; 4] = [0x0c46_353d_039c_daaf, 0x4319_0552_58e8_617b, 0x0000_0000_0000_0000, 0x0000_0000_ffff_ffff];
/// 2^512 mod n.
const R_SQUARED: [u64; 4] =
    [0x8324_4c95_be79_eea2, 0x4699_799c_49bd_6fa6, 0x2845_b239_2b6b_ec59, 0x66e1_2d94_f3d9_5620];
/// −1/n mod 2^64.
pub(super) const NEGATIVE_INVERSE: u64 = 0xccd1_c8aa_ee00_bc4f;
const MODULUS: Modulus = Modulus::new(N);

/// The Montgomery product a·b/2^256 mod n, below n, for a·b < n·2^256. Each round takes one limb of a.
fn montgomery_product(a: &[u64; 4], b: &[u64; 4]) -> [u64; 4] {
    let mut t = [0u64; 4];
    let mut top = false;
    for &limb in a {
        let (t0, c) = limb.carrying_mul_add(b[0], 0, t[0]);
        let (t1, c) = limb.carrying_mul_add(b[1], c, t[1]);
        let (t2, c) = limb.carrying_mul_add(b[2], c, t[2]);
        let (t3, c) = limb.carrying_mul_add(b[3], c, t[3]);
        let (t4, over) = c.carrying_add(0, top);
        let m = t0.wrapping_mul(NEGATIVE_INVERSE);
        let (_, c) = m.carrying_mul_add(N[0], 0, t0);
        let (s0, c) = m.carrying_mul_add(N[1], c, t1);
        let (s1, c) = m.carrying_mul_add(N[2], c, t2);
        let (s2, c) = m.carrying_mul_add(N[3], c, t3);
        let (s3, carry) = t4.carrying_add(c, false);
        t = [s0, s1, s2, s3];
        top = over | carry;
    }
    subtract_order_once(t, top)
}

/// `limbs` + `top`·2^256, minus n when that is n or more. It is below 2·n.
#[inline(always)]
fn subtract_order_once(limbs: [u64; 4], top: bool) -> [u64; 4] {
    let (less, below) = sub_limbs(&limbs, &N);
    if below && !top { limbs } else { less }
}

#[cfg(test)]
mod tests {
    use fiat_crypto::p256_scalar_64::*;
    use std::vec::Vec;

    use super::super::field::tests::{edges, random};
    use super::*;

    fn reduced(a: &[u64; 4]) -> [u64; 4] {
        let (less, below) = sub_limbs(a, &N);
        if below { *a } else { less }
    }

    #[test]
    fn products_agree_with_fiat_crypto() {
        let edges = edges(N);
        let mut pairs = Vec::new();
        for (i, a) in edges.iter().enumerate() {
            pairs.extend(edges.iter().skip(i % 5).step_by(5).map(|b| (*a, *b)));
        }
        pairs.extend(random(20_000).zip(random(20_001).skip(1)));
        for (a, b) in pairs {
            let (a, b) = (reduced(&a), reduced(&b));
            let mut out = fiat_p256_scalar_montgomery_domain_field_element([0; 4]);
            let fiat = fiat_p256_scalar_montgomery_domain_field_element;
            fiat_p256_scalar_mul(&mut out, &fiat(a), &fiat(b));
            assert_eq!(montgomery_product(&a, &b), out.0, "{a:x?} * {b:x?}");
        }
    }

    #[test]
    fn inverses_are_inverses() {
        // The inversion of this one takes 631 halvings, where most take 523.
        let eleven_rounds =
            [0xe476_3159_553b_2513, 0x4375_c501_55d2_0054, 0x93d2_986d_3760_2588, 0xdf8b_0911_2255_08b4];
        for a in edges(N).into_iter().chain(random(2_000)).chain([eleven_rounds]).map(|a| reduced(&a)) {
            if a != [0; 4] {
                let fast = Factor(inverse::invert(&MODULUS, a));
                assert!(Scalar(a).mul(&fast) == Scalar::ONE, "{a:x?}");
                assert!(Scalar(a).invert().0 == fast.0);
            }
        }
    }

    #[test]
    fn a_wrong_inverse_is_replaced() {
        for a in random(50).map(|a| Scalar(reduced(&a))) {
            let right = a.invert();
            for wrong in [[0; 4], R, right.to_wrong()] {
                assert!(a.checked_inverse(Factor(wrong)).0 == right.0);
            }
        }
    }

    impl Factor {
        fn to_wrong(self) -> [u64; 4] {
            let mut limbs = self.0;
            limbs[1] ^= 1 << 17;
            limbs
        }
    }

    #[test]
    fn ranges() {
        let octets = super::super::limbs::limbs_to_be_bytes;
        let one_less = sub_limbs(&N, &[1, 0, 0, 0]).0;
        assert!(Scalar::from_signature(&[0; 32]).is_none() && Scalar::from_signature(&octets(&N)).is_none());
        assert!(Scalar::from_signature(&[0xff; 32]).is_none());
        assert!(Scalar::from_signature(&octets(&one_less)).is_some_and(|s| s.0 == one_less));
        assert!(Scalar::from_digest(&octets(&N)).0 == [0; 4] && Scalar::from_digest(&octets(&one_less)).0 == one_less);
        // r + n is tried for r < p − n.
        assert!(Scalar(P_MINUS_N).plus_order_below_p().is_none());
        let last = sub_limbs(&P_MINUS_N, &[1, 0, 0, 0]).0;
        let p_minus_1 = sub_limbs(&super::super::field::P, &[1, 0, 0, 0]).0;
        assert!(Scalar(last).plus_order_below_p() == Some(p_minus_1));
    }

    #[test]
    fn odd_multipliers() {
        assert!(Scalar([0; 4]).to_odd() == (N, true));
        assert!(Scalar([1, 0, 0, 0]).to_odd() == ([1, 0, 0, 0], false));
        assert!(Scalar([2, 0, 0, 0]).to_odd() == (sub_limbs(&N, &[2, 0, 0, 0]).0, true));
    }
}
