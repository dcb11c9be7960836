//! Arithmetic on eight field elements at a time.

use super::lanes::{Limbs, MASK, Vector};
use core::arch::x86_64::*;

/// a·b/2^260: loose, below p + 2^253. Both factors unmasked.
#[target_feature(enable = "avx512f,avx512ifma")]
#[inline]
pub(super) fn multiply(a: &Limbs, b: &Limbs) -> Limbs {
    let mut t = Wide::ZERO;
    for i in 0..5 {
        t.add_low_row(i, a, b);
        t.add_high_row(i, a, b);
    }
    t.reduce()
}

/// a·b/2^260, tight. Both factors unmasked.
#[target_feature(enable = "avx512f,avx512ifma")]
#[inline]
pub(super) fn multiply_tight(a: &Limbs, b: &Limbs) -> Limbs {
    carry(&multiply(a, b))
}

/// (a·b + c·d)/2^260, loose, below p + 2^254. All factors unmasked.
#[target_feature(enable = "avx512f,avx512ifma")]
#[inline]
pub(super) fn multiply_add(a: &Limbs, b: &Limbs, c: &Limbs, d: &Limbs) -> Limbs {
    let mut t = [Wide::ZERO; 2];
    for i in 0..5 {
        t[0].add_low_row(i, a, b);
        t[1].add_low_row(i, c, d);
        t[0].add_high_row(i, a, b);
        t[1].add_high_row(i, c, d);
    }
    t[0].plus(&t[1]).reduce()
}

/// a²/2^260: loose, below p + 2^253. The factor unmasked. Products of two different limbs are computed once and doubled.
#[target_feature(enable = "avx512f,avx512ifma")]
#[inline]
pub(super) fn square(a: &Limbs) -> Limbs {
    let mut t = Wide::ZERO;
    t.add_products_with_later::<0>(a);
    t.add_products_with_later::<1>(a);
    t.add_products_with_later::<2>(a);
    t.add_products_with_later::<3>(a);
    t = t.plus(&t);
    for (i, &limb) in a.iter().enumerate() {
        t.add_product(i, i, limb, limb);
    }
    t.reduce()
}

/// A product before its reduction: limbs below 18·2^52.
#[derive(Clone, Copy)]
struct Wide([Vector; 10]);

impl Wide {
    const ZERO: Self = Self([ZEROS; 10]);

    #[target_feature(enable = "avx512f,avx512ifma")]
    #[inline]
    fn plus(&self, other: &Self) -> Self {
        let mut sum = *self;
        for i in 0..10 {
            sum.0[i] = _mm512_add_epi64(sum.0[i], other.0[i]);
        }
        sum
    }

    /// Adds the lower halves of a[i]·b at limb i.
    #[target_feature(enable = "avx512f,avx512ifma")]
    #[inline]
    fn add_low_row(&mut self, i: usize, a: &Limbs, b: &Limbs) {
        for (t, &b) in self.0[i..].iter_mut().zip(b) {
            *t = _mm512_madd52lo_epu64(*t, a[i], b);
        }
    }

    /// Adds the upper halves of a[i]·b at limb i + 1.
    #[target_feature(enable = "avx512f,avx512ifma")]
    #[inline]
    fn add_high_row(&mut self, i: usize, a: &Limbs, b: &Limbs) {
        for (t, &b) in self.0[i + 1..].iter_mut().zip(b) {
            *t = _mm512_madd52hi_epu64(*t, a[i], b);
        }
    }

    /// Adds a[I]·a[j] at limb I + j for all j > I. A constant I lets LLVM unroll the loop and keep all limbs in registers.
    #[target_feature(enable = "avx512f,avx512ifma")]
    #[inline]
    fn add_products_with_later<const I: usize>(&mut self, a: &Limbs) {
        for j in I + 1..5 {
            self.add_product(I, j, a[I], a[j]);
        }
    }

    /// Adds a·b at limb i + j.
    #[target_feature(enable = "avx512f,avx512ifma")]
    #[inline]
    fn add_product(&mut self, i: usize, j: usize, a: Vector, b: Vector) {
        let Self(t) = self;
        t[i + j] = _mm512_madd52lo_epu64(t[i + j], a, b);
        t[i + j + 1] = _mm512_madd52hi_epu64(t[i + j + 1], a, b);
    }

    /// Adds m·p at limb i, with the m that makes limb i a multiple of 2^52, and carries the rest of limb i into limb i + 1.
    ///
    /// −1/p ≡ 1 mod 2^52, so the low 52 bits m of limb i are the multiplier themselves, and
    /// m·p = m·(2^256 − 2^224 + 2^192 + 2^96) − m, whose last term clears those bits.
    #[target_feature(enable = "avx512f,avx512ifma")]
    #[inline]
    fn reduce_limb(&mut self, i: usize) {
        // p's limbs from the second on: 2^96 and 2^192 in limbs 1 and 3, 2^256 − 2^224 in limb 4.
        let [at_96, at_192, at_224] =
            [_mm512_set1_epi64(1 << 44), _mm512_set1_epi64(1 << 36), _mm512_set1_epi64(0xffff_ffff_0000)];
        let Self(t) = self;
        let m = t[i];
        t[i + 1] = _mm512_add_epi64(t[i + 1], _mm512_srli_epi64::<52>(m));
        t[i + 1] = _mm512_madd52lo_epu64(t[i + 1], m, at_96);
        t[i + 2] = _mm512_madd52hi_epu64(t[i + 2], m, at_96);
        t[i + 3] = _mm512_madd52lo_epu64(t[i + 3], m, at_192);
        t[i + 4] = _mm512_madd52hi_epu64(t[i + 4], m, at_192);
        t[i + 4] = _mm512_madd52lo_epu64(t[i + 4], m, at_224);
        t[i + 5] = _mm512_madd52hi_epu64(t[i + 5], m, at_224);
    }

    /// (t + M·p)/2^260 for the M that makes it an integer, loose.
    #[target_feature(enable = "avx512f,avx512ifma")]
    #[inline]
    fn reduce(mut self) -> Limbs {
        for i in 0..5 {
            self.reduce_limb(i);
        }
        let Self([_, _, _, _, _, a, b, c, d, e]) = self;
        [a, b, c, d, e]
    }
}

/// Loose to tight for a product, which is in [0, 2^260).
#[target_feature(enable = "avx512f,avx512ifma")]
#[inline]
pub(super) fn carry(a: &Limbs) -> Limbs {
    mask(&propagate(a))
}

/// Loose to unmasked for a product, which is in [0, 2^260).
#[target_feature(enable = "avx512f,avx512ifma")]
#[inline]
pub(super) fn propagate(a: &Limbs) -> Limbs {
    let mut a = *a;
    for i in 0..4 {
        a[i + 1] = _mm512_add_epi64(a[i + 1], _mm512_srai_epi64::<52>(a[i]));
    }
    a
}

/// Unmasked to tight.
#[target_feature(enable = "avx512f,avx512ifma")]
#[inline]
pub(super) fn mask(a: &Limbs) -> Limbs {
    each(|i| _mm512_and_si512(a[i], _mm512_set1_epi64(MASK)))
}

/// Loose to tight for any sum with |a4| < 2^54 and the other limbs below 2^58 in magnitude, also a negative one. The result is
/// between 0 and 2^256 + 2^232.
#[target_feature(enable = "avx512f,avx512ifma")]
#[inline]
pub(super) fn normalize(a: &Limbs) -> Limbs {
    mask(&normalize_unmasked(a))
}

/// Loose to unmasked, otherwise as [`normalize`]. It subtracts q·p, where q is about the part above 2^256.
///
/// q is computed from a4 − 2^22, not from a4, so that the result cannot be negative: the carries of the lower limbs into the
/// highest are less than 2^7 in magnitude, and q·p differs from q·2^256 by less than q·2^224 with |q| < 2^6.
#[target_feature(enable = "avx512f,avx512ifma")]
#[inline]
pub(super) fn normalize_unmasked(a: &Limbs) -> Limbs {
    let [a0, a1, a2, a3, a4] = *a;
    let q = _mm512_srai_epi64::<48>(_mm512_sub_epi64(a4, _mm512_set1_epi64(1 << 22)));
    // −q·p = q·(2^224 − 2^192 − 2^96 + 1) − q·2^256
    let q_224 = _mm512_slli_epi64::<16>(q);
    let a0 = _mm512_add_epi64(a0, q);
    let a1 = _mm512_sub_epi64(a1, _mm512_slli_epi64::<44>(q));
    let a3 = _mm512_sub_epi64(a3, _mm512_slli_epi64::<36>(q));
    let a4 = _mm512_add_epi64(a4, _mm512_sub_epi64(q_224, _mm512_slli_epi64::<48>(q)));
    propagate(&[a0, a1, a2, a3, a4])
}

#[target_feature(enable = "avx512f,avx512ifma")]
#[inline]
pub(super) fn add(a: &Limbs, b: &Limbs) -> Limbs {
    each(|i| _mm512_add_epi64(a[i], b[i]))
}

#[target_feature(enable = "avx512f,avx512ifma")]
#[inline]
pub(super) fn sub(a: &Limbs, b: &Limbs) -> Limbs {
    each(|i| _mm512_sub_epi64(a[i], b[i]))
}

/// −a in the lanes whose bit in `negate` is set, a in the others; loose.
#[target_feature(enable = "avx512f,avx512ifma")]
#[inline]
pub(super) fn negate_if(a: &Limbs, negate: u8) -> Limbs {
    each(|i| _mm512_mask_sub_epi64(a[i], negate, _mm512_setzero_si512(), a[i]))
}

#[target_feature(enable = "avx512f,avx512ifma")]
#[inline]
pub(super) fn splat(limbs: [u64; 5]) -> Limbs {
    each(|i| _mm512_set1_epi64(limbs[i].cast_signed()))
}

#[inline(always)]
pub(super) fn each(mut limb: impl FnMut(usize) -> Vector) -> Limbs {
    [limb(0), limb(1), limb(2), limb(3), limb(4)]
}

// SAFETY: both types have 64 bytes, and every bit pattern is a valid value of each.
const ZEROS: Vector = unsafe { core::mem::transmute::<[u64; 8], Vector>([0; 8]) };

/// 2^260 mod p: 1 in Montgomery form.
pub(super) const ONE: [u64; 5] = [0x10, 0xf_0000_0000_0000, 0xf_ffff_ffff_ffff, 0xf_feff_ffff_ffff, 0xf_ffff];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::es256::field::{Fe, tests::edges, tests::random};
    use crate::es256::ifma::{
        HasIfma, LANES, Ratio,
        lanes::{from_lanes, to_lanes},
        load::tests::limbs_52,
    };
    use std::vec::Vec;

    /// One value a lane.
    fn vectors(values: &[[u64; 4]; LANES]) -> Limbs {
        let limbs = values.map(limbs_52);
        core::array::from_fn(|i| from_lanes(&limbs.map(|limbs| limbs[i])))
    }

    /// What the lanes hold, below p; asserts that they are tight.
    fn values(limbs: &Limbs) -> [[u64; 4]; LANES] {
        let limbs = to_lanes(limbs);
        core::array::from_fn(|lane| {
            let lane = limbs.map(|limb| limb[lane]);
            assert!(lane.iter().all(|limb| *limb < 1 << 52), "not tight: {lane:x?}");
            let (joined, top) = Ratio::join(lane);
            assert!(top < 2, "{lane:x?}");
            Fe::from_limbs_and_top(joined, top != 0).to_limbs()
        })
    }

    /// 2^−4: what a product here has more of the factor than one in `Fe`.
    fn sixteenth(a: Fe) -> Fe {
        // out_of_52_bit_form multiplies by 2^252/2^256.
        a.out_of_52_bit_form()
    }

    /// The same element with other bits above the 52.
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn unmasked(limbs: &Limbs) -> Limbs {
        each(|i| _mm512_or_si512(limbs[i], _mm512_set1_epi64((0xa5a - i as i64) << 52)))
    }

    /// a·b and c·d, a² and d², a·b of unmasked limbs, a·b + c·d, a − b − 2·c, ±a, a² − a·b − 3·c·d.
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn operations(a: &Limbs, b: &Limbs, c: &Limbs, d: &Limbs) -> [Limbs; 9] {
        let (ab, cd) = (multiply(a, b), multiply(c, d));
        [
            multiply_tight(a, b),
            multiply_tight(c, d),
            carry(&square(a)),
            carry(&square(d)),
            multiply_tight(&unmasked(a), &unmasked(b)),
            carry(&multiply_add(a, b, c, d)),
            normalize(&sub(&sub(a, b), &add(c, c))),
            normalize(&negate_if(a, 0b0101_0101)),
            normalize(&sub(&sub(&square(&unmasked(a)), &ab), &add(&cd, &add(&cd, &cd)))),
        ]
    }

    #[test]
    fn arithmetic_agrees_with_the_portable_field() {
        if HasIfma::detect().is_none() {
            std::println!("no vectors on this processor: not tested");
            return;
        }
        let edges = edges([0; 4]);
        let mut all: Vec<[u64; 4]> = edges.iter().step_by(3).copied().chain(random(4_000)).collect();
        all.truncate(all.len() / LANES * LANES);
        let groups = all.as_chunks::<LANES>().0;
        let mut seen = 0;
        for (i, a) in groups.iter().enumerate() {
            for step in [1, 7, 41] {
                let [b, c, d] = [1, 2, 3].map(|k| &groups[(i + k * step) % groups.len()]);
                // SAFETY: the processor has the instructions.
                let results = unsafe { operations(&vectors(a), &vectors(b), &vectors(c), &vectors(d)) };
                let results = results.map(|limbs| values(&limbs));
                for lane in 0..LANES {
                    let [a, b, c, d] = [a, b, c, d].map(|values| Fe::from_limbs(values[lane]));
                    let expected = [
                        sixteenth(a.mul(&b)),
                        sixteenth(c.mul(&d)),
                        sixteenth(a.square()),
                        sixteenth(d.square()),
                        sixteenth(a.mul(&b)),
                        sixteenth(a.mul_add(&b, &c, &d)),
                        a.sub(&b).sub(&c.double()),
                        if lane % 2 == 0 { a.neg() } else { a },
                        sixteenth(a.square())
                            .sub(&sixteenth(a.mul(&b)))
                            .sub(&sixteenth(c.mul(&d).double().add(&c.mul(&d)))),
                    ];
                    for (k, (result, expected)) in results.iter().zip(expected).enumerate() {
                        assert_eq!(result[lane], expected.to_limbs(), "operation {k}, group {i}, lane {lane}");
                        seen += 1;
                    }
                }
            }
        }
        std::println!("ifma: {seen} results agree");
        assert!(seen > 50_000);
    }
}
