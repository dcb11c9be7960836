//! Arithmetic on as many field elements as a vector has lanes.

use super::{
    vector::{Limbs, MASK, Vector},
    wide::Wide,
};

/// a·b/2^260: loose, below p + a·b/2^260. Both factors unmasked or raised.
#[inline(always)]
pub(super) fn multiply<V: Vector>(a: &Limbs<V>, b: &Limbs<V>) -> Limbs<V> {
    Wide::product(a, b).reduce()
}

/// a·b/2^260, tight. Both factors unmasked.
#[inline(always)]
pub(super) fn multiply_tight<V: Vector>(a: &Limbs<V>, b: &Limbs<V>) -> Limbs<V> {
    carry(&multiply(a, b))
}

/// (a·b + c·d)/2^260: loose, below p + (a·b + c·d)/2^260. All factors unmasked or raised.
#[inline(always)]
pub(super) fn multiply_add<V: Vector>(a: &Limbs<V>, b: &Limbs<V>, c: &Limbs<V>, d: &Limbs<V>) -> Limbs<V> {
    let mut t = [Wide::zero(a[0]); 2];
    for i in 0..5 {
        t[0].add_low_row(i, a[i], b);
        t[1].add_low_row(i, c[i], d);
        t[0].add_high_row(i, a[i], b);
        t[1].add_high_row(i, c[i], d);
    }
    t[0].plus(&t[1]).reduce()
}

/// a²/2^260: loose, below p + a²/2^260. The factor unmasked or raised. Products of two different limbs are computed once and doubled.
#[inline(always)]
pub(super) fn square<V: Vector>(a: &Limbs<V>) -> Limbs<V> {
    let mut t = Wide::zero(a[0]);
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

impl<V: Vector> Wide<V> {
    /// Adds m·p at limb i, with the m that makes limb i a multiple of 2^52, and carries the rest of limb i into limb i + 1.
    ///
    /// −1/p ≡ 1 mod 2^52, so the low 52 bits m of limb i are the multiplier themselves, and
    /// m·p = m·(2^256 − 2^224 + 2^192 + 2^96) − m, whose last term clears those bits.
    #[inline(always)]
    fn reduce_limb(&mut self, i: usize) {
        let Self(t) = self;
        let m = t[i];
        // p's limbs from the second on: 2^96 and 2^192 in limbs 1 and 3, 2^256 − 2^224 in limb 4.
        let [at_96, at_192, at_224] = [m.splat(1 << 44), m.splat(1 << 36), m.splat(0xffff_ffff_0000)];
        t[i + 1] = t[i + 1].add(m.shift_right::<52>());
        t[i + 1] = t[i + 1].add_low_product(m, at_96);
        t[i + 2] = t[i + 2].add_high_product(m, at_96);
        t[i + 3] = t[i + 3].add_low_product(m, at_192);
        t[i + 4] = t[i + 4].add_high_product(m, at_192);
        t[i + 4] = t[i + 4].add_low_product(m, at_224);
        t[i + 5] = t[i + 5].add_high_product(m, at_224);
    }

    /// (t + M·p)/2^260 for the M that makes it an integer, loose.
    #[inline(always)]
    fn reduce(mut self) -> Limbs<V> {
        for i in 0..5 {
            self.reduce_limb(i);
        }
        let Self([_, _, _, _, _, a, b, c, d, e]) = self;
        [a, b, c, d, e]
    }
}

/// Loose to tight for a product, which is in [0, 2^260).
#[inline(always)]
pub(super) fn carry<V: Vector>(a: &Limbs<V>) -> Limbs<V> {
    mask(&propagate(a))
}

/// Loose to unmasked for a product, which is in [0, 2^260).
#[inline(always)]
pub(super) fn propagate<V: Vector>(a: &Limbs<V>) -> Limbs<V> {
    let mut a = *a;
    for i in 0..4 {
        a[i + 1] = a[i + 1].add(a[i].shift_right_signed::<52>());
    }
    a
}

/// Unmasked to tight.
#[inline(always)]
pub(super) fn mask<V: Vector>(a: &Limbs<V>) -> Limbs<V> {
    each!(i => a[i].and(a[i].splat(MASK)))
}

/// Loose to tight for any sum with |a4| < 2^53 and the other limbs below 2^58 in magnitude, also a negative one. The result is
/// between 0 and 2^256 + 2^232.
#[inline(always)]
pub(super) fn normalize<V: Vector>(a: &Limbs<V>) -> Limbs<V> {
    mask(&normalize_unmasked(a))
}

/// Loose to unmasked, otherwise as [`normalize`]. It subtracts q·p, where q is about the part above 2^256.
///
/// q is computed from a4 − 2^22, not from a4, so that the result cannot be negative: the carries of the lower limbs into the
/// highest are less than 2^7 in magnitude, and q·p differs from q·2^256 by less than q·2^224 with |q| < 2^6.
#[inline(always)]
pub(super) fn normalize_unmasked<V: Vector>(a: &Limbs<V>) -> Limbs<V> {
    let [a0, a1, a2, a3, a4] = *a;
    let q = a4.sub(a4.splat(1 << 22)).shift_right_signed::<48>();
    // −q·p = q·(2^224 − 2^192 − 2^96 + 1) − q·2^256
    let q_224 = q.shift_left::<16>();
    let a0 = a0.add(q);
    let a1 = a1.sub(q.shift_left::<44>());
    let a3 = a3.sub(q.shift_left::<36>());
    let a4 = a4.add(q_224.sub(q.shift_left::<48>()));
    propagate(&[a0, a1, a2, a3, a4])
}

/// a + `MULTIPLE`·p, raised, for a loose a with a sum in [0, 2^260). It takes fewer instructions than [`normalize_unmasked`].
#[inline(always)]
pub(super) fn raise<V: Vector, const MULTIPLE: u64>(a: &Limbs<V>) -> Limbs<V> {
    propagate(&each!(i => a[i].add(a[i].splat(MULTIPLE * P[i]))))
}

#[inline(always)]
pub(super) fn add<V: Vector>(a: &Limbs<V>, b: &Limbs<V>) -> Limbs<V> {
    each!(i => a[i].add(b[i]))
}

#[inline(always)]
pub(super) fn sub<V: Vector>(a: &Limbs<V>, b: &Limbs<V>) -> Limbs<V> {
    each!(i => a[i].sub(b[i]))
}

/// −a in the lanes whose bit in `negate` is set, a in the others; loose.
#[inline(always)]
pub(super) fn negate_if<V: Vector>(a: &Limbs<V>, negate: u8) -> Limbs<V> {
    each!(i => a[i].negate_if(negate))
}

/// p, in limbs of 52 bits.
pub(super) const P: [u64; 5] = [MASK, 0xfff_ffff_ffff, 0, 1 << 36, 0xffff_ffff_0000];

/// 2^260 mod p: 1 in Montgomery form.
pub(super) const ONE: [u64; 5] = [0x10, 0xf_0000_0000_0000, 0xf_ffff_ffff_ffff, 0xf_feff_ffff_ffff, 0xf_ffff];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::es256::field::{Fe, tests::edges, tests::random};
    use crate::es256::ifma::{
        Run, for_each_kind,
        radix::{join, split},
        vector::{Eight, LANES, Work, to_lanes},
    };
    use std::vec::Vec;

    /// One value a lane.
    fn vectors<E: Eight>(proof: E::Proof, values: &[[u64; 4]; LANES]) -> Limbs<E> {
        let limbs = values.map(split);
        core::array::from_fn(|i| E::from_lanes(proof, &limbs.map(|limbs| limbs[i])))
    }

    /// What the lanes hold, below p; asserts that they are tight.
    fn values<E: Eight>(limbs: &Limbs<E>) -> [[u64; 4]; LANES] {
        let limbs = to_lanes(limbs);
        core::array::from_fn(|lane| {
            let lane = limbs.map(|limb| limb[lane]);
            assert!(lane.iter().all(|limb| *limb < 1 << 52), "not tight: {lane:x?}");
            let (joined, top) = join(lane);
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
    #[inline(always)]
    fn unmasked<V: Vector>(limbs: &Limbs<V>) -> Limbs<V> {
        each!(i => limbs[i].or(limbs[i].splat((0xa5a - i as u64) << 52)))
    }

    struct Operations<E>([Limbs<E>; 4]);

    /// a·b and c·d, a² and d², a·b of unmasked limbs, a·b + c·d, a − b − 2·c, ±a, a² − a·b − 3·c·d.
    impl<E: Eight> Work for Operations<E> {
        type Output = [Limbs<E>; 9];

        #[inline(always)]
        fn run(self) -> [Limbs<E>; 9] {
            let [a, b, c, d] = &self.0;
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
    }

    struct Agree;

    impl Run for Agree {
        fn run<E: Eight>(&mut self, name: &str, proof: E::Proof) {
            let edges = edges([0; 4]);
            let mut all: Vec<[u64; 4]> = edges.iter().step_by(3).copied().chain(random(4_000)).collect();
            all.truncate(all.len() / LANES * LANES);
            let groups = all.as_chunks::<LANES>().0;
            let mut seen = 0;
            for (i, a) in groups.iter().enumerate() {
                for step in [1, 7, 41] {
                    let [b, c, d] = [1, 2, 3].map(|k| &groups[(i + k * step) % groups.len()]);
                    let operations = Operations([a, b, c, d].map(|values| vectors::<E>(proof, values)));
                    let results = E::out_of_line(proof, operations).map(|limbs| values(&limbs));
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
            std::println!("{name}: {seen} results agree");
            assert!(seen > 50_000);
        }
    }

    #[test]
    fn arithmetic_agrees_with_the_portable_field() {
        for_each_kind(&mut Agree);
    }
}
